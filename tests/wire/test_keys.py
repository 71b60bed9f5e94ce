import os
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.keys import KEY, KeyFile, changing, new_key, read_keys, sha256_key, write_private

TOMORROW = datetime.now(UTC) + timedelta(days=1)


def test_a_key_is_in_no_record() -> None:
    key, record = new_key("team", ["score"], 10, TOMORROW)
    assert KEY.fullmatch(key)
    assert record.sha256 == sha256_key(key)
    assert key[16:] not in record.model_dump_json()
    assert record.id == key[5:15] == record.family
    assert new_key("team", ["score"], 10, TOMORROW)[0] != key


def test_states() -> None:
    _, record = new_key("team", ["score"], 10, TOMORROW)
    assert record.state(TOMORROW - timedelta(seconds=1)) == "valid"
    assert record.state(TOMORROW) == "expired"
    assert record.model_copy(update={"revoked": TOMORROW}).state(datetime.now(UTC)) == "revoked"


@pytest.mark.parametrize(
    ("name", "scopes", "quota", "field"),
    [
        ("two words", ["score"], 1, "name"),
        ("a\nb", ["score"], 1, "name"),
        ("a", [], 1, "scopes"),
        ("a", ["score"], 0, "quota"),
    ],
)
def test_what_no_record_may_hold(name: str, scopes: list[str], quota: int, field: str) -> None:
    with pytest.raises(BadInput, match=field):
        new_key(name, scopes, quota, TOMORROW)  # type: ignore[arg-type]


def test_the_file_is_private_from_its_first_moment(tmp_path: Path) -> None:
    file = tmp_path / "new" / "keys.json"
    before = os.umask(0)
    try:
        with changing(file) as (found, changed):
            assert found == KeyFile()
            changed.append(new_key("a", ["score"], 1, TOMORROW)[1])
    finally:
        os.umask(before)
    assert file.stat().st_mode & 0o777 == 0o600
    assert [record.name for record in read_keys(file).keys] == ["a"]


def test_a_partial_file_that_waits_as_a_link_is_not_followed(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept")
    (tmp_path / f".keys.json.{os.getpid()}.partial").symlink_to(victim)
    write_private(tmp_path / "keys.json", b"x")
    assert victim.read_text() == "kept"
    assert (tmp_path / "keys.json").read_bytes() == b"x"


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o660, 0o666, 0o777, 0o610])
def test_looser_modes_are_refused(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "keys.json"
    write_private(file, KeyFile().model_dump_json().encode())
    file.chmod(mode)
    with pytest.raises(BadInput, match="chmod 600"):
        read_keys(file)
    with pytest.raises(BadInput, match="chmod 600"), changing(file):
        pass


def test_stricter_modes_are_fine(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    write_private(file, KeyFile().model_dump_json().encode())
    file.chmod(0o400)
    assert read_keys(file) == KeyFile()


def test_an_error_in_the_block_writes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    with pytest.raises(AttributeError), changing(file) as (_, changed):
        changed += [new_key("a", ["score"], 1, TOMORROW)[1], changed.nothing]  # type: ignore[attr-defined]
    assert not file.exists()


def test_many_at_once_lose_none(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"

    def add(number: int) -> None:
        with changing(file) as (_, changed):
            changed.append(new_key(f"n{number}", ["score"], 1, TOMORROW)[1])

    threads = [threading.Thread(target=add, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {record.name for record in read_keys(file).keys} == {f"n{number}" for number in range(16)}


def test_broken_files_are_named(tmp_path: Path) -> None:
    file = tmp_path / "keys.json"
    _, record = new_key("a", ["score"], 1, TOMORROW)
    good = record.model_dump(mode="json")
    for text, said in (
        ("{", "EOF|JSON"),
        ('{"keys": [{}]}', "keys.0"),
        (KeyFile().model_dump_json().replace("]", '], "more": 1'), "more"),
        ('{"keys": [{**1}]}', "JSON"),
    ):
        write_private(file, text.encode())
        with pytest.raises(BadData, match=said):
            read_keys(file)
    naive = {**good, "expires": "2030-01-01T00:00:00"}
    with pytest.raises(ValueError, match="timezone"):
        KeyFile.model_validate({"keys": [naive]})
    with pytest.raises(ValueError, match="share one id"):
        KeyFile.model_validate({"keys": [good, good]})

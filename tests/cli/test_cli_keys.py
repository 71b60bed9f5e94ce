from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cap_rlvr.cli.keys import app
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.keys import KEY, read_keys, sha256_key


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Runs `cap-rlvr keys` on a file of its own; what it prints to stdout and to stderr."""
    monkeypatch.setenv("REWARD_KEY_FILE", str(tmp_path / "keys.json"))

    def call(*arguments: str) -> tuple[str, str]:
        result = CliRunner().invoke(app, list(arguments))
        if result.exception is not None:
            raise result.exception
        return result.stdout, result.stderr

    return call


def test_create_prints_the_key_alone_and_once(keys: Any, tmp_path: Path) -> None:
    shown, told = keys("create", "team", "--scope", "submit", "--scope", "score", "--quota", "5", "--days", "2")
    key = shown.rstrip("\n")
    assert KEY.fullmatch(key)
    assert key[16:] not in told
    (record,) = read_keys(tmp_path / "keys.json").keys
    assert record.sha256 == sha256_key(key)
    assert (record.scopes, record.quota) == (("score", "submit"), 5)
    assert timedelta(days=1.9) < record.expires - datetime.now(UTC) < timedelta(days=2.1)
    assert key[16:] not in (tmp_path / "keys.json").read_text()
    listed, _ = keys("list")
    assert listed.split()[:5] == [record.id, "team", "score+submit", "5/min", "valid"]
    assert record.sha256 not in listed


def test_the_common_scope_is_score(keys: Any, tmp_path: Path) -> None:
    keys("create", "a")
    assert read_keys(tmp_path / "keys.json").keys[0].scopes == ("score",)


def test_revoke(keys: Any, tmp_path: Path) -> None:
    key_id = keys("create", "a")[0][5:15]
    keys("create", "b")
    keys("revoke", key_id)
    assert ["revoked" in line for line in keys("list")[0].splitlines()] == [True, False]
    with pytest.raises(BadInput, match="was revoked on"):
        keys("revoke", key_id)
    with pytest.raises(BadInput, match="no key has this id"):
        keys("revoke", "0000000000")
    with pytest.raises(BadInput, match="is revoked"):
        keys("rotate", key_id)


def test_rotate(keys: Any, tmp_path: Path) -> None:
    key_id = keys("create", "a", "--scope", "admin", "--quota", "7")[0][5:15]
    shown, told = keys("rotate", key_id, "--grace-hours", "1")
    old, new = read_keys(tmp_path / "keys.json").keys
    assert sha256_key(shown.rstrip("\n")) == new.sha256
    assert (new.name, new.scopes, new.quota, new.family) == (old.name, old.scopes, old.quota, key_id)
    assert timedelta(0) < old.expires - datetime.now(UTC) <= timedelta(hours=1)
    assert f"The old key {key_id} works until" in told
    keys("rotate", new.id, "--grace-hours", "0")
    third = read_keys(tmp_path / "keys.json").keys[2]
    assert third.family == key_id
    assert read_keys(tmp_path / "keys.json").keys[1].state(datetime.now(UTC)) == "expired"


def test_rotation_never_lengthens_the_old_key(keys: Any, tmp_path: Path) -> None:
    key_id = keys("create", "a", "--days", "1")[0][5:15]
    before = read_keys(tmp_path / "keys.json").keys[0].expires
    keys("rotate", key_id, "--grace-hours", "700")
    assert read_keys(tmp_path / "keys.json").keys[0].expires == before


def test_bad_words(keys: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="'all' is no scope"):
        keys("create", "a", "--scope", "all")
    with pytest.raises(BadInput, match="name"):
        keys("create", "two words")
    assert not (tmp_path / "keys.json").exists()
    with pytest.raises(BadInput, match="cap-rlvr keys create"):
        keys("list")

import asyncio
import json
from pathlib import Path

import pytest
from toys import write_rows

from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.manifest import Manifest, digest_files, write_manifest
from services.reward_api import examples as examples_module
from services.reward_api.examples import Examples, RowIndex
from services.reward_api.row_files import RowGone, read_row


def rewrite(folder: Path, text: str) -> None:
    (folder / "train.jsonl").write_text(text)
    files = digest_files(folder, ["train.jsonl"])
    write_manifest(folder, Manifest(kind="rows", version="1", files=files))


def test_every_row_is_found_and_read(tmp_path: Path) -> None:
    write_rows(tmp_path, {"train": [f"w{number}" for number in range(2000)], "test": ["hidden"]})
    index = RowIndex(tmp_path / "tasks" / "toy")
    assert index.counts == {"train": 2000, "test": 1}
    for number in (0, 1, 999, 1999):
        place = index.find(f"train-{number}")
        assert place
        assert place.split == "train"
        assert read_row(place).truth == {"word": f"w{number}"}
    hidden = index.find("test-0")
    assert hidden
    assert hidden.split == "test"
    assert index.find("train-2000") is None
    assert index.find("\ud800") is None


def test_ids_in_any_place_and_writing(tmp_path: Path) -> None:
    write_rows(tmp_path, {"train": ["x"]})
    folder = tmp_path / "tasks" / "toy"
    row = json.loads((folder / "train.jsonl").read_text())
    last = json.dumps({**{name: value for name, value in row.items() if name != "id"}, "id": "last"})
    escaped = json.dumps({**row, "id": 'quo"te §'})
    rewrite(folder, last + "\n" + escaped + "\n")
    index = RowIndex(folder)
    for row_id in ("last", 'quo"te §'):
        place = index.find(row_id)
        assert place
        assert read_row(place).id == row_id


@pytest.mark.parametrize(
    ("text", "said"),
    [("{}\n", r"train\.jsonl:1.*no row"), ("not json\n", "no row"), ('{"id":"a"}\n{"id":"a"}\n', "share one id")],
)
def test_broken_rows_are_refused_with_their_line(tmp_path: Path, text: str, said: str) -> None:
    rewrite(tmp_path, text)
    with pytest.raises(BadData, match=said):
        RowIndex(tmp_path)


def test_rows_that_are_not_the_manifests(tmp_path: Path) -> None:
    write_rows(tmp_path, {"train": ["x"]})
    folder = tmp_path / "tasks" / "toy"
    with (folder / "train.jsonl").open("a") as file:
        file.write("\n")
    with pytest.raises(BadData):
        RowIndex(folder)
    (folder / "MANIFEST.json").unlink()
    with pytest.raises(BadData, match="no manifest"):
        RowIndex(folder)


def test_a_replaced_file_is_noticed(tmp_path: Path) -> None:
    write_rows(tmp_path, {"train": ["x"]})
    place = RowIndex(tmp_path / "tasks" / "toy").find("train-0")
    assert place
    write_rows(tmp_path, {"train": ["y"]})
    with pytest.raises(RowGone):
        read_row(place)


def test_no_rows_at_all(tmp_path: Path) -> None:
    rewrite(tmp_path, "")
    index = RowIndex(tmp_path)
    assert index.find("a") is None
    assert index.page("train", 5, None).rows == []
    assert index.page("test", 5, None).rows == []


def test_pages_cover_everything_once(tmp_path: Path) -> None:
    write_rows(tmp_path, {"train": [f"w{number}" for number in range(25)]})
    index = RowIndex(tmp_path / "tasks" / "toy")
    seen: list[str] = []
    cursor = None
    while True:
        page = index.page("train", 10, cursor)
        seen += [row.id for row in page.rows]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == [f"train-{number}" for number in range(25)]


def test_memory_a_row(tmp_path: Path) -> None:
    rewrite(tmp_path, "".join(f'{{"id":"row-{number}"}}\n' for number in range(50_000)))
    index = RowIndex(tmp_path)
    held = sum(len(array) * array.itemsize for array in (index._keys, index._offsets, index._lengths, index._splits))
    assert held == 21 * 50_000


def test_a_closed_split_is_shown_under_names_that_tell_nothing(tmp_path: Path) -> None:
    write_rows(tmp_path, {"train": ["yes"], "test": [f"w{number}" for number in range(40)]})
    folder = tmp_path / "tasks" / "toy"
    index = RowIndex(folder, ["test"])
    assert index.counts == {"train": 1, "test": 40}
    rows, cursor = [], None
    while True:
        page = index.page("test", 7, cursor)
        rows += page.rows
        cursor = page.next_cursor
        if cursor is None:
            break
        assert cursor == f"{index.sha256[:12]}-{rows[-1].id[5:]}", (
            "no place in the file, which tells of a line's length"
        )
    assert sorted(row.inputs for row in rows) == sorted(f"say {number}" for number in range(40))
    assert [row.id for row in rows] == sorted(row.id for row in rows) != [f"say {number}" for number in range(40)]
    for row in rows:
        place = index.find(row.id)
        assert place
        assert read_row(place).inputs == row.inputs
        assert RowIndex(folder).find(row.id) is None, "only where the split is closed"
    assert index.find("test-7") is None
    assert index.find("test-7", reviewer=True)
    assert index.find("train-0")
    own = index._keys[index._splits.index(0)]
    assert index.find(f"held-{own:016x}") is None
    for wrong in ("7", "0000", "g" * 16, "-1"):
        with pytest.raises(ValueError, match="begin again"):
            index.page("test", 7, f"{index.sha256[:12]}-{wrong}")
    write_rows(tmp_path, {"train": ["yes"], "test": ["other", *(f"w{number}" for number in range(1, 40))]})
    assert not {row.id for row in rows} & {row.id for row in RowIndex(folder, ["test"]).page("test", 40, None).rows}


async def test_rows_and_the_name_of_all_change_together(tmp_path: Path) -> None:
    for task in ("one", "two"):
        write_rows(tmp_path, {"train": ["yes"]}, task)
    examples = Examples(tmp_path, ["one", "two"])
    await examples.refresh()
    before = examples.corpus
    for task in ("one", "two"):
        write_rows(tmp_path, {"train": ["no"]}, task)
    seen: list[bool] = []
    rows = examples.index("one")
    refreshing = asyncio.create_task(examples.refresh())
    while not refreshing.done():
        await asyncio.sleep(0)
        seen.append((examples.index("one") is rows) == (examples.corpus == before))
    assert all(seen)
    assert examples.corpus != before


async def test_what_anyone_may_read_of_a_fault_names_no_place(tmp_path: Path) -> None:
    write_rows(tmp_path, {"train": ["yes"]})
    (tmp_path / "tasks" / "toy" / "train.jsonl").write_text("{}\n")
    examples = Examples(tmp_path, ["toy"])
    await examples.refresh()
    assert examples.faults == {"toy": "this line is no row"}


async def test_rows_that_could_not_be_read_are_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_rows(tmp_path, {"train": ["yes"]})
    examples = Examples(tmp_path, ["toy"])
    with monkeypatch.context() as broken:
        broken.setattr(examples_module, "read_manifest", _fail)
        await examples.refresh()
        assert examples.index("toy") is None
    await examples.refresh()
    assert examples.index("toy")
    assert examples.faults == {}


def _fail(_: Path) -> None:
    raise OSError(5, "Input/output error")

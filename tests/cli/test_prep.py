from collections import namedtuple
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cap_rlvr.cli.prep import app, check_room
from cap_rlvr.cli.tables import sft_table, yield_tables
from cap_rlvr.corpus.synthetic import write_corpus
from cap_rlvr.wire.errors import BadInput


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "source", 12, 1)


def test_what_is_wrong_is_said_before_any_work(source: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    result = CliRunner().invoke(app, [str(source), "--tasks", "nope", "--workspace", str(workspace)])
    assert isinstance(result.exception, BadInput)
    assert "tasks: 'nope' is unknown" in str(result.exception)
    assert not workspace.exists()


def test_workers_are_at_least_one(source: Path) -> None:
    assert CliRunner().invoke(app, [str(source), "--workers", "0"]).exit_code == 2


def test_a_full_disk_is_said_before_any_work(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(100, 50, 50))
    result = CliRunner().invoke(app, [str(source), "--workspace", str(tmp_path / "workspace")])
    assert "MB are needed and 0 MB are free" in str(result.exception)
    assert not (tmp_path / "workspace").exists()


def test_room_is_looked_for_where_the_folder_will_be(tmp_path: Path) -> None:
    check_room(tmp_path / "not" / "yet" / "there", 1)
    with pytest.raises(BadInput, match="MB are needed"):
        check_room(tmp_path / "not" / "yet" / "there", 10**18)


def test_yields_are_a_table_a_task() -> None:
    line = {
        "task": "holding",
        "source_kind": "static",
        "era": "1900-1949",
        "cases": 1200,
        "rows": {"train": 5, "eval": 2, "test": 1},
        "kinds": {},
        "refused": {"no_holding": 900, "quoted": 3, "a": 2, "b": 1},
    }
    tables = yield_tables([line, {**line, "task": "other"}])
    assert [table.title for table in tables] == ["Rows of holding", "Rows of other"]
    cells = [next(iter(column.cells)) for column in tables[0].columns]
    assert cells == ["static", "1900-1949", "1,200", "5", "2", "1", "906", "no_holding 900, quoted 3, a 2"]


def test_statistics_are_means_a_line() -> None:
    counts = {"lines": 2, "prompt_characters": 11, "completion_characters": 4, "by_source": {"static": 2}}
    empty = {"lines": 0, "prompt_characters": 0, "completion_characters": 0, "by_source": {}}
    table = sft_table({"holding": {"train": counts, "eval": empty}})
    assert [next(iter(column.cells)) for column in table.columns] == ["holding", "train", "2", "6", "2", "static 2"]

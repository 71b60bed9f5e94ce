import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from toy_corpus import TOY, case, snapshot, times, write_volume

from cap_rlvr import corpus, law, registry, tasks
from cap_rlvr.corpus import Unit, list_units
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.workspace import Workspace
from services.prep_worker import find as finder
from services.prep_worker.find import era, find_unit, finder_digest, is_complete, same_case_keys


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


@pytest.fixture
def unit(tmp_path: Path) -> Unit:
    cases = [case(page) for page in range(1, 20)]
    cases += [case(30, docket_number="refuse"), case(31, docket_number="crash")]
    return list_units(write_volume(tmp_path / "source", cases))[0]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_candidates_refusals_and_keys(unit: Unit, workspace: Workspace) -> None:
    found = find_unit(unit, [TOY], workspace)
    folder = workspace.cases / found.unit
    assert found.cases == 21
    assert len(lines(folder / "toy" / "candidates.jsonl")) == 19
    assert {line["reason"] for line in lines(folder / "toy" / "refusals.jsonl")} == {"asked_to", "find_failed"}
    keys = lines(folder / "keys" / "keys.jsonl")
    assert keys[0]["era"] == "1900-1949"
    assert "cite:1texcrim1" in keys[0]["keys"]
    assert len(keys[0]["sketch"]) == 128
    assert is_complete(folder, "toy")


def test_a_second_run_does_nothing(unit: Unit, workspace: Workspace) -> None:
    first = find_unit(unit, [TOY], workspace)
    before = times(workspace.root)
    second = find_unit(unit, [TOY], workspace)
    assert times(workspace.root) == before
    assert (second.cases, second.characters, second.seconds) == (first.cases, first.characters, 0.0)


def test_another_task_leaves_what_is_there(unit: Unit, workspace: Workspace) -> None:
    find_unit(unit, [], workspace)
    keys = times(workspace.root)
    find_unit(unit, [TOY], workspace)
    assert keys.items() <= times(workspace.root).items()


def test_changed_code_is_searched_again(unit: Unit, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    found = find_unit(unit, [TOY], workspace)
    monkeypatch.setattr(finder, "finder_digest", lambda task: f"new code of {task}")
    assert not is_complete(workspace.cases / found.unit, "toy")
    assert find_unit(unit, [TOY], workspace).seconds > 0


def test_the_finders_digest_follows_the_code_and_not_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = finder_digest.__wrapped__  # not the kept value
    before = made("bluebook")
    for package in (tasks, law, corpus):
        here = tmp_path / "synthetic" / Path(package.__path__[0]).name
        shutil.copytree(package.__path__[0], here, ignore=shutil.ignore_patterns("__pycache__"))
        monkeypatch.setattr(package, "__path__", [str(here)])
    assert made("bluebook") == before
    copy = tmp_path / "synthetic"
    for written, changes in (
        (copy / "tasks" / "bluebook" / "README.md", False),
        (copy / "tasks" / "holding" / "extract.py", False),
        (copy / "corpus" / "synthetic" / "write.py", False),
        (copy / "tasks" / "bluebook" / "extract.py", True),
        (copy / "law" / "courts.py", True),
        (copy / "corpus" / "lines.py", True),
    ):
        before = made("bluebook")
        written.write_text("# changed")
        assert (made("bluebook") != before) is changes, written


def test_another_version_of_a_library_is_another_finder(monkeypatch: pytest.MonkeyPatch) -> None:
    before = finder_digest.__wrapped__("bluebook")
    monkeypatch.setattr(registry, "library", lambda name: f"{name}==0")
    assert finder_digest.__wrapped__("bluebook") != before


def test_interrupted_leaves_no_file_and_the_next_run_makes_the_same(
    unit: Unit, workspace: Workspace, tmp_path: Path
) -> None:
    def stop(cases: int, characters: int) -> None:
        if cases == 10:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        find_unit(unit, [TOY], workspace, on_case=stop)
    assert snapshot(workspace.root) == {}
    find_unit(unit, [TOY], workspace)
    other = Workspace(tmp_path / "other")
    find_unit(unit, [TOY], other)
    assert snapshot(workspace.root) == snapshot(other.root)


def test_what_a_killed_run_left_is_removed(unit: Unit, workspace: Workspace) -> None:
    found = find_unit(unit, [TOY], workspace)
    folder = workspace.cases / found.unit / "toy"
    (folder / "MANIFEST.json").unlink()
    (folder / ".candidates.jsonl.4711.partial").write_text("half")
    find_unit(unit, [TOY], workspace)
    assert list(folder.glob(".*")) == []


def test_limit_takes_the_first_cases_into_a_folder_of_its_own(unit: Unit, workspace: Workspace) -> None:
    found = find_unit(unit, [TOY], workspace, limit=5)
    assert found.cases == 5
    assert found.unit.endswith("-first5")


def test_broken_records_are_counted_with_their_place(tmp_path: Path, workspace: Workspace) -> None:
    broken = [case(1), {"file_name": "0002-01", "id": "not a case"}]
    unit = list_units(write_volume(tmp_path / "source", broken))[0]
    found = find_unit(unit, [TOY], workspace)
    bad = lines(workspace.cases / found.unit / "keys" / "bad.jsonl")
    assert found.bad_records == len(bad) == 1
    assert bad[0]["where"] == "1.zip:json/0002-01.json"


def test_a_full_disk_leaves_no_file(unit: Unit, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(self: object, record: bytes) -> None:
        raise OSError(28, "No space left on device", "candidates.jsonl")

    monkeypatch.setattr("services.prep_worker.find.Lines.write", write)
    with pytest.raises(OSError, match="No space left"):
        find_unit(unit, [TOY], workspace)
    assert snapshot(workspace.root) == {}


@pytest.mark.parametrize(
    ("year", "name"), [(1730, "1849 or earlier"), (1850, "1850-1899"), (1999, "1950-1999"), (2014, "2000 on")]
)
def test_era(year: int, name: str) -> None:
    assert era(year) == name
    assert era(None) == "no date"


def test_companion_cases_share_the_parties_and_the_day() -> None:
    fields: dict[str, Any] = {"id": "x", "source": "static", "origin": {"file": "f"}}
    one = same_case_keys(Case(name="Tom Banks v. The State", decision_date="1908-03-20", **fields))
    assert one == ["day:1908-03-20:banks state tom"]
    assert same_case_keys(Case(name="Tom Banks v. The State", decision_date="1908-03", **fields)) == []
    assert same_case_keys(Case(name="Ex parte Banks", decision_date="1908-03-20", **fields)) == []


def test_docket_needs_names() -> None:
    fields: dict[str, Any] = {"id": "x", "source": "static", "origin": {"file": "f"}, "docket_number": "No. 1"}
    assert same_case_keys(Case(name="", **fields)) == []
    one = same_case_keys(Case(name="Reed v. The State", **fields))
    assert one == same_case_keys(Case(name="STATE v. REED et al.", **fields)) == ["docket:no1:reed state"]

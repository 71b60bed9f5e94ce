import json
import random
from pathlib import Path
from typing import Any

import duckdb
import pytest
from toy_corpus import TOY, case, searched, snapshot, text, times, write_volume

from cap_rlvr.corpus import list_units
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.manifest import Manifest, digest_files, write_manifest
from cap_rlvr.wire.workspace import Workspace
from services.prep_worker.clusters import gather
from services.prep_worker.find import KEYS, find_unit


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def clusters(workspace: Workspace) -> list[set[int]]:
    """The clusters of more than one record, as pages."""
    path = str(workspace.cases / "clusters.parquet")
    query = "SELECT list(case_id) FROM read_parquet(?) GROUP BY cluster HAVING count(*) > 1"
    found = duckdb.execute(query, [path]).fetchall()
    return sorted(({int(name.split("/")[2][:4]) for name in names} for (names,) in found), key=min)


def misread(words: str, share: float) -> str:
    chance = random.Random(0)
    return "".join(chance.choice("abcdefgh") if chance.random() < share else letter for letter in words)


def test_cases_of_their_own_stay_apart(tmp_path: Path, workspace: Workspace) -> None:
    searched(workspace, write_volume(tmp_path / "source", [case(page) for page in range(1, 60)]))
    assert clusters(workspace) == []


def test_parallel_citations_and_dockets_and_texts_join(tmp_path: Path, workspace: Workspace) -> None:
    both = [{"type": "official", "cite": "1 Tex. Crim. 10"}, {"type": "parallel", "cite": "12 S. W. 99"}]
    cases = [
        case(10, citations=both),
        case(11, citations=[{"type": "official", "cite": "12 S.W. 99"}]),
        case(20, docket_number="No. 77", name_abbreviation="Reed v. State"),
        case(21, docket_number="No. 77", name_abbreviation="Reed v. State"),
        case(22, docket_number="No. 77", name_abbreviation="Smith v. State"),
        case(30, opinion=text("again", 600)),
        case(31, opinion=misread(text("again", 600), 0.01)),
        case(40, opinion="Affirmed."),
        case(41, opinion="Affirmed."),
    ]
    searched(workspace, write_volume(tmp_path / "source", cases))
    assert clusters(workspace) == [{10, 11}, {20, 21}, {30, 31}]


def test_what_is_connected_is_one_cluster(tmp_path: Path, workspace: Workspace) -> None:
    def cited(page: int, *cites: str) -> dict[str, Any]:
        return case(page, citations=[{"type": "official", "cite": cite} for cite in cites])

    chain = [cited(1, "a 1", "b 1"), cited(2, "b 1", "c 1"), cited(3, "c 1", "d 1"), cited(4, "d 1")]
    searched(workspace, write_volume(tmp_path / "source", chain))
    assert clusters(workspace) == [{1, 2, 3, 4}]


def test_fiction_with_shared_wording_stays_apart(tmp_path: Path, workspace: Workspace) -> None:
    made = {"opinion": text("frame", 600), "provenance": {"source": "synthetic"}}
    searched(workspace, write_volume(tmp_path / "source", [case(page, **made) for page in (1, 2, 3)]))
    assert clusters(workspace) == []


def test_a_stranger_that_holds_the_same_band_first_hides_no_near_duplicate(workspace: Workspace) -> None:
    def sketch(near: int, far: int) -> str:
        """All share the first band; of the others two slots in three are `near`'s and one is `far`'s."""
        return "010203" + "".join(f"{near:02x}{near:02x}{far:02x}" for _ in range(20)) + "00"

    folder = workspace.cases / "unit" / KEYS
    folder.mkdir(parents=True)
    sketches = [sketch(9, 9), sketch(7, 1), sketch(7, 2)]
    kept = {"source_kind": "static", "era": "no date", "keys": []}
    lines = [{"case_id": f"a/1/{page:04d}", **kept, "sketch": one} for page, one in enumerate(sketches, 1)]
    (folder / "keys.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    counts = {"cases": 3, "bad_records": 0}
    write_manifest(
        folder, Manifest(kind="found", version="1", files=digest_files(folder, ["keys.jsonl"]), counts=counts)
    )
    gather(["unit"], workspace)
    assert clusters(workspace) == [{2, 3}]


def test_structured_record_is_chosen_over_its_text_copy(tmp_path: Path, workspace: Workspace) -> None:
    volume = write_volume(tmp_path / "source", [case(35)])
    shard = tmp_path / "shard.jsonl"
    head = "STATE v. REED.\nNo. 12.\nCourt of Criminal Appeals of Texas.\nMay 5, 1905.\n"
    row = {"id": "tex-crim_1/html/0035-01.html", "text": head + text("copy", 400), "metadata": {}}
    shard.write_text(json.dumps(row) + "\n")
    searched(workspace, shard, volume)
    path = str(workspace.cases / "clusters.parquet")
    records = duckdb.execute("SELECT source_kind, chosen FROM read_parquet(?) ORDER BY ALL", [path]).fetchall()
    assert records == [("static", True), ("text", False)]


def test_a_second_run_does_nothing_and_the_order_of_units_does_not_matter(tmp_path: Path, workspace: Workspace) -> None:
    one = write_volume(tmp_path / "source", [case(page) for page in (1, 2)])
    two = write_volume(tmp_path / "source", [case(page, "2") for page in (1, 2)], "2")
    found = searched(workspace, one, two)
    before = times(workspace.root)
    gather([unit.unit for unit in reversed(found)], workspace)
    assert times(workspace.root) == before
    other = Workspace(tmp_path / "other")
    searched(other, two, one)
    assert snapshot(workspace.root) == snapshot(other.root)


def test_nothing_readable_is_said(tmp_path: Path, workspace: Workspace) -> None:
    volume = write_volume(tmp_path / "source", [{"file_name": "0001-01", "id": "broken"}])
    with pytest.raises(BadInput, match="no case could be read"):
        searched(workspace, volume)
    assert not list(workspace.cases.glob("*.parquet"))


def test_a_unit_that_was_not_searched_is_said(tmp_path: Path, workspace: Workspace) -> None:
    unit = list_units(write_volume(tmp_path / "source", [case(1)]))[0]
    find_unit(unit, [TOY], workspace)
    with pytest.raises(BadData, match="no manifest"):
        gather(["elsewhere"], workspace)

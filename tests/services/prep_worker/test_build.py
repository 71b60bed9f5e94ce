import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from toy_corpus import TOY, assemble, case, find, searched, snapshot, style, text, times, write_volume

from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.manifest import Manifest, digest_files, read_manifest
from cap_rlvr.wire.rejects import Reject, add_reject
from cap_rlvr.wire.rows import SPLITS, Candidate, Refusal, Row
from cap_rlvr.wire.splits import FRACTIONS, MIN_TO_TRAIN, split_of
from cap_rlvr.wire.workspace import Workspace
from services.prep_worker.build import assemble_task

FICTION = {"provenance": {"source": "synthetic"}}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path / "workspace")


def rows(workspace: Workspace, split: str | None = None) -> list[dict[str, Any]]:
    splits = SPLITS if split is None else (split,)
    files = [workspace.tasks / "toy" / f"{name}.jsonl" for name in splits]
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def prepared(workspace: Workspace, tmp_path: Path, cases: Iterable[dict[str, Any]], **settings: Any) -> Manifest:
    searched(workspace, write_volume(tmp_path / "source", cases))
    return assemble_task(TOY, workspace, "7", **settings)


def in_split(split: str, reporter: str = "tex-crim", volume: str = "1") -> Iterator[int]:
    """Pages of cases that, alone in their clusters, fall into a split."""
    return (page for page in range(1, 9000) if split_of(f"{reporter}/{volume}/{page:04d}-01", "7") == split)


def test_every_case_has_its_row_in_one_split_by_cluster(workspace: Workspace, tmp_path: Path) -> None:
    cases = [case(page, opinion=text(page, 90)) for page in range(1, 240)]
    cases += [
        case(1000 + page, docket_number=f"No. tex-crim 1 {page}", name_abbreviation=style(page))
        for page in range(1, 60)
    ]
    manifest = prepared(workspace, tmp_path, cases)
    where = {row["case_id"]: row["split"] for row in rows(workspace)}
    assert len(where) == len(cases) == sum(manifest.counts["rows"].values())
    for page in range(1, 60):
        assert where[f"tex-crim/1/{page:04d}-01"] == where[f"tex-crim/1/{1000 + page:04d}-01"]
    shares = {split: count / len(cases) for split, count in manifest.counts["rows"].items()}
    assert shares == pytest.approx(dict(zip(SPLITS, FRACTIONS, strict=True)), abs=0.1)


def test_lines_are_rows_in_a_keyed_order(workspace: Workspace, tmp_path: Path) -> None:
    prepared(workspace, tmp_path, [case(page) for page in range(1, 60)])
    train = rows(workspace, "train")
    assert [Row.model_validate(row).split for row in train] == ["train"] * len(train)
    assert [row["case_id"] for row in train] != sorted(row["case_id"] for row in train)


def test_the_share_that_one_constant_answer_gets_is_told(workspace: Workspace, tmp_path: Path) -> None:
    manifest = prepared(workspace, tmp_path, [case(page) for page in range(1, 60)])
    for split in SPLITS:
        golds = Counter(row["word"] for row in rows(workspace, split))
        share = golds.most_common(1)[0][1] / golds.total()
        assert manifest.counts["best_constant"][split] == {"static": pytest.approx(share, abs=1e-4)}


def test_gold_below_the_ceiling_is_refused_and_counted(workspace: Workspace, tmp_path: Path) -> None:
    manifest = prepared(workspace, tmp_path, [case(1), case(2, docket_number="bad"), case(3, docket_number="refuse")])
    assert sum(manifest.counts["rows"].values()) == 1
    assert manifest.counts["refused"] == {"asked_to": 1, "gold_below_ceiling": 1}


def test_evaluation_only_rows_are_never_in_train(workspace: Workspace, tmp_path: Path) -> None:
    cases = [case(page, docket_number=f"eval {page}") for page in range(1, 80)]
    manifest = prepared(workspace, tmp_path, cases)
    assert manifest.counts["rows"]["train"] == 0
    assert manifest.counts["refused"]["evaluation_only"] + len(rows(workspace)) == len(cases)
    assert {row["split"] for row in rows(workspace)} == {"eval", "test"}


@pytest.mark.parametrize(("rare", "held_out"), [(MIN_TO_TRAIN - 1, True), (MIN_TO_TRAIN, False)])
def test_clusters_with_a_rare_kind_are_held_out_and_lose_no_row(
    workspace: Workspace, tmp_path: Path, rare: int, held_out: bool
) -> None:
    seen: dict[str, str | None] = {}

    def noting(blocks: Iterable[list[Candidate]], seed: str) -> Iterator[Row | Refusal]:
        for block in blocks:
            seen.update({one.case_id: one.split for one in block})
            yield from assemble([block], seed)

    odd = [case(page, docket_number=f"rare {page}") for page in range(1, 1 + rare)]
    same = [case(100 + page, name_abbreviation=style(page)) for page in range(1, 6)]  # companions, of the same day
    searched(workspace, write_volume(tmp_path / "source", [*odd, *same, *(case(page) for page in range(200, 260))]))
    manifest = assemble_task(replace(TOY, assemble=noting), workspace, "7")
    told = read_manifest(workspace.cases).settings["held_out"]
    assert {kind: len(cases) for kind, cases in told.items()} == ({"toy/odd": rare} if held_out else {})
    where = {int(row["case_id"].split("/")[2][:4]): row["split"] for row in rows(workspace)}
    assert ("train" not in {where[page] for page in range(1, 1 + rare)}) is held_out
    assert {where[page] for page in range(200, 260)} == set(SPLITS)
    assert all(where[page] == where[100 + page] for page in range(1, 6))
    assert sum(manifest.counts["rows"].values()) == rare + 5 + 60
    assert {int(name.split("/")[2][:4]): split for name, split in seen.items()} == where


def test_the_same_query_and_gold_is_written_once(workspace: Workspace, tmp_path: Path) -> None:
    manifest = prepared(workspace, tmp_path, [case(page, docket_number=f"same {page}") for page in range(1, 30)])
    assert len(rows(workspace)) == 1
    assert manifest.counts["refused"] == {"duplicate_row": 28}


def test_a_row_that_is_refused_anyway_makes_no_duplicate(workspace: Workspace, tmp_path: Path) -> None:
    pages = in_split("train")
    refused, kept = sorted((next(pages), next(pages)))
    cases = [case(refused, docket_number="same eval"), case(kept, docket_number="same")]
    manifest = prepared(workspace, tmp_path, cases)
    assert [row["case_id"] for row in rows(workspace)] == [f"tex-crim/1/{kept:04d}-01"]
    assert manifest.counts["refused"] == {"evaluation_only": 1}


def test_a_pair_of_cases_stays_in_one_split_in_both_directions(workspace: Workspace, tmp_path: Path) -> None:
    train, test = next(in_split("train")), next(in_split("test"))
    cases = [
        case(train, docket_number=f"No. 1 pair:tex-crim/1/{test:04d}-01"),
        case(test, docket_number=f"No. 2 pair:tex-crim/1/{train:04d}-01"),
    ]
    manifest = prepared(workspace, tmp_path, cases)
    assert len(rows(workspace)) == 1
    assert manifest.counts["refused"] == {"pair_in_other_split": 1}


def test_fiction_beside_real_cases_only_trains(workspace: Workspace, tmp_path: Path) -> None:
    real = write_volume(tmp_path / "real", [case(page) for page in range(1, 50)])
    invented = [case(page, reporter="fict", docket_number=f"No. fict {page}", **FICTION) for page in range(1, 50)]
    fiction = write_volume(tmp_path / "fiction", invented, reporter="fict")
    searched(workspace, real, fiction)
    manifest = assemble_task(TOY, workspace, "7")
    assert manifest.settings["train_only"] == ["synthetic"]
    held_out = Counter(row["source_kind"] for split in ("eval", "test") for row in rows(workspace, split))
    assert set(held_out) == {"static"}
    assert manifest.counts["by_source"]["train"]["synthetic"] == 49


def test_fiction_is_held_out_where_the_task_has_nothing_real(workspace: Workspace, tmp_path: Path) -> None:
    real = write_volume(tmp_path / "real", [case(page, docket_number="refuse") for page in range(1, 20)])
    invented = [case(page, reporter="fict", docket_number=f"No. fict {page}", **FICTION) for page in range(1, 50)]
    searched(workspace, real, write_volume(tmp_path / "fiction", invented, reporter="fict"))
    by_default = assemble_task(TOY, workspace, "7").counts
    assert by_default["by_source"]["test"]["synthetic"] > 0
    asked = assemble_task(TOY, workspace, "7", train_only=[SourceKind.SYNTHETIC]).counts
    assert asked["rows"] == {"train": 49, "eval": 0, "test": 0}


def test_fiction_alone_is_split_like_anything(workspace: Workspace, tmp_path: Path) -> None:
    manifest = prepared(workspace, tmp_path, [case(page, **FICTION) for page in range(1, 60)])
    assert manifest.counts["by_source"]["test"]["synthetic"] > 0


def test_fiction_that_shares_a_held_out_case_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    page = next(in_split("test"))
    real = write_volume(tmp_path / "real", [case(page)])
    cite = [{"type": "official", "cite": f"1 tex-crim {page}"}]
    copy = write_volume(tmp_path / "fiction", [case(9, reporter="zzz", citations=cite, **FICTION)], reporter="zzz")
    searched(workspace, real, copy)
    manifest = assemble_task(TOY, workspace, "7")
    assert manifest.counts["refused"] == {"same_case_held_out": 1}


def test_kinds_may_be_kept_out_of_the_held_out_splits(workspace: Workspace, tmp_path: Path) -> None:
    real = write_volume(tmp_path / "real", [case(page) for page in range(1, 50)])
    made = [case(page, reporter="fict", docket_number=f"No. fict {page}", **FICTION) for page in range(1, 50)]
    searched(workspace, real, write_volume(tmp_path / "fiction", made, reporter="fict"))
    manifest = assemble_task(TOY, workspace, "7", train_only=[SourceKind.STATIC])
    assert set(manifest.counts["by_source"]["test"]) == {"synthetic"}
    with pytest.raises(BadInput, match="nothing is left to hold out"):
        assemble_task(TOY, workspace, "7", train_only=list(SourceKind))


def test_a_second_run_does_nothing_and_another_seed_does(workspace: Workspace, tmp_path: Path) -> None:
    first = prepared(workspace, tmp_path, [case(page) for page in range(1, 30)])
    before = times(workspace.root)
    assert assemble_task(TOY, workspace, "7") == first
    assert times(workspace.root) == before
    assert assemble_task(TOY, workspace, "8").files != first.files


def test_interrupted_leaves_nothing_and_the_next_run_makes_the_same(workspace: Workspace, tmp_path: Path) -> None:
    def stopped(blocks: Iterable[list[Candidate]], seed: str) -> Iterator[Row | Refusal]:
        for number, row in enumerate(assemble(blocks, seed)):
            if number == 10:
                raise KeyboardInterrupt
            yield row

    volume = write_volume(tmp_path / "source", [case(page) for page in range(1, 60)])
    searched(workspace, volume)
    with pytest.raises(KeyboardInterrupt):
        assemble_task(replace(TOY, assemble=stopped), workspace, "7")
    assert not (workspace.tasks / "toy").exists()
    assemble_task(TOY, workspace, "7")
    other = Workspace(tmp_path / "other")
    searched(other, volume)
    assemble_task(TOY, other, "7")
    assert snapshot(workspace.root) == snapshot(other.root)


def test_blocks_can_be_walked_again_and_come_in_order(workspace: Workspace, tmp_path: Path) -> None:
    walks: list[list[list[Candidate]]] = []

    def twice(blocks: Iterable[list[Candidate]], seed: str) -> Iterator[Row | Refusal]:
        walks.extend([list(blocks), list(blocks)])
        yield from assemble(blocks, seed)

    volume = write_volume(tmp_path / "source", [case(page) for page in (30, 4, 17, 2)])
    searched(workspace, volume)
    assemble_task(replace(TOY, assemble=twice), workspace, "7")
    first, again = walks
    assert first == again
    names = [candidate.case_id for block in first for candidate in block]
    assert names == sorted(names)
    assert len(names) == 4


def test_manifest_tells_its_files_and_its_parents(workspace: Workspace, tmp_path: Path) -> None:
    manifest = prepared(workspace, tmp_path, [case(page) for page in range(1, 30)])
    assert manifest.files == digest_files(workspace.tasks / "toy", list(manifest.files))
    assert set(manifest.parents) == {"corpus", "finder", "scorer", "builder"}


def test_yields_tell_source_and_era(workspace: Workspace, tmp_path: Path) -> None:
    cases = [case(page, decision_date=f"{1790 + 10 * page}-01-01") for page in range(1, 25)]
    prepared(workspace, tmp_path, [*cases, case(99, docket_number="refuse", decision_date="")])
    table = json.loads((workspace.tasks / "toy" / "yields.json").read_text())
    assert [line["era"] for line in table] == sorted(line["era"] for line in table)
    assert sum(line["cases"] for line in table) == 25
    undated = next(line for line in table if line["era"] == "no date")
    assert undated["refused"] == {"asked_to": 1}


def test_a_corpus_that_was_not_searched_for_the_task_is_said(workspace: Workspace, tmp_path: Path) -> None:
    searched(workspace, write_volume(tmp_path / "source", [case(1)]))
    with pytest.raises(BadData, match="has not been searched for this task"):
        assemble_task(replace(TOY, name="other", find=find), workspace, "7")


def test_a_rejected_row_is_out_at_the_next_build_and_counted(workspace: Workspace, tmp_path: Path) -> None:
    first = prepared(workspace, tmp_path, [case(page) for page in range(1, 41)])
    assert first.counts["known_errors"] == {"rejected": 0, "of": 40, "rate": 0.0}
    wrong = rows(workspace)[0]["id"]
    add_reject(workspace.rejects, Reject(row_id="elsewhere", task="other", why="not this task's"))
    assert assemble_task(TOY, workspace, "7") == first
    add_reject(workspace.rejects, Reject(row_id=wrong, task="toy", why="it is the dissent's"))
    second = assemble_task(TOY, workspace, "7")
    assert second.digest != first.digest
    assert second.counts["known_errors"] == {"rejected": 1, "of": 40, "rate": 0.025}
    assert second.counts["refused"] == {"rejected": 1}
    assert wrong not in {row["id"] for row in rows(workspace)}
    assert assemble_task(TOY, workspace, "7") == second
    workspace.rejects.unlink()
    assert assemble_task(TOY, workspace, "7") == first

"""Which prepared rows train: those that are not held back for evaluation, and of a kind that is wanted."""

import json
from pathlib import Path

import pytest

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.jobs import RowsConfig
from cap_rlvr.wire.workspace import Workspace
from services.trainer.dataset import sft_rows, training_questions


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    kinds = {
        "a": ("conversion", False, "static"),
        "b": ("open_book", False, "static"),
        "c": ("closed_book", True, "static"),
        "d": ("conversion", False, "synthetic"),
    }
    rows = [
        {
            "id": name,
            "case_id": name,
            "task": "bluebook",
            "split": "train",
            "inputs": name,
            "source_kind": source_kind,
            "kind": kind,
            "evaluation_only": held_back,
            "ground_truth": "1 Mich. 1 (1850)",
        }
        for name, (kind, held_back, source_kind) in kinds.items()
    ]
    pairs = [{"prompt": name, "completion": "x", "task": "bluebook", "row_id": name} for name in "aabd"]
    for path, lines in {"tasks/bluebook/train.jsonl": rows, "sft/unified/train.jsonl": pairs}.items():
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text("".join(json.dumps(line) + "\n" for line in lines))
    return Workspace(tmp_path)


@pytest.mark.parametrize(
    ("kinds", "ids"),
    [({}, ["a", "b", "d"]), ({"bluebook": ("conversion",)}, ["a", "d"]), ({"holding": ()}, ["a", "b", "d"])],
    ids=["all", "one kind", "another task's kinds"],
)
def test_both_phases_take_the_same_rows_each_once(
    workspace: Workspace, kinds: dict[str, tuple[str, ...]], ids: list[str]
) -> None:
    wanted = RowsConfig(kinds=kinds)
    assert [one.row.id for one in training_questions(workspace, "bluebook", wanted, "grpo")] == ids
    assert [row.prompt for row in sft_rows(workspace, ["bluebook"], wanted)] == ids


def test_where_there_are_real_rows_fiction_serves_the_warm_start_alone(workspace: Workspace) -> None:
    wanted = RowsConfig(prefer_real=True)
    assert [one.row.id for one in training_questions(workspace, "bluebook", wanted, "sft")] == ["a", "b", "d"]
    assert [one.row.id for one in training_questions(workspace, "bluebook", wanted, "grpo")] == ["a", "b"]


def test_fiction_alone_serves_both(workspace: Workspace) -> None:
    path = workspace.tasks / "bluebook" / "train.jsonl"
    path.write_text("".join(f"{line}\n" for line in path.read_text().splitlines() if "synthetic" in line))
    for phase in ("sft", "grpo"):
        wanted = RowsConfig(prefer_real=True)
        assert [one.row.id for one in training_questions(workspace, "bluebook", wanted, phase)] == ["d"]


def test_unknown_kind_is_told_which_there_are(workspace: Workspace) -> None:
    with pytest.raises(BadInput, match="the kinds conversion, open_book"):
        training_questions(workspace, "bluebook", RowsConfig(kinds={"bluebook": ("converson",)}), "sft")


def test_a_share_below_one_parts_the_phases() -> None:
    wanted = RowsConfig(warm_start_share=0.6)
    phases = [wanted.phases(f"row {number}") for number in range(1000)]
    assert all(len(found) == 1 for found in phases)
    assert 550 < phases.count(("sft",)) < 650


def test_empty_list_leaves_a_task_to_evaluation() -> None:
    assert not RowsConfig(kinds={"holding": ()}).trains("holding")
    assert RowsConfig().trains("holding")

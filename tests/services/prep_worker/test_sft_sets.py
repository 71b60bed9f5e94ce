import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from toy_corpus import TOY, case, searched, times, write_volume

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.manifest import Manifest, digest_files, write_manifest
from cap_rlvr.wire.workspace import Workspace
from services.prep_worker.build import assemble_task
from services.prep_worker.sft_sets import MAX_REPEATS, statistics, write_sft

SMALL = replace(TOY, name="small")


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """Rows of `toy` from 80 cases, and of `small`: the first five of each split, under new ids."""
    workspace = Workspace(tmp_path / "workspace")
    searched(workspace, write_volume(tmp_path / "source", [case(page) for page in range(1, 80)]))
    made = assemble_task(TOY, workspace, "7")
    folder = workspace.tasks / "small"
    folder.mkdir()
    counts: dict[str, int] = {}
    for split in ("train", "eval", "test"):
        few = [json.loads(line) for line in (workspace.tasks / "toy" / f"{split}.jsonl").read_text().splitlines()[:5]]
        text = "".join(json.dumps({**row, "task": "small", "id": f"small {row['id']}"}) + "\n" for row in few)
        (folder / f"{split}.jsonl").write_text(text)
        counts[split] = len(few)
    files = digest_files(folder, ["train.jsonl", "eval.jsonl", "test.jsonl"])
    write_manifest(folder, made.model_copy(update={"files": files, "counts": {"rows": counts}}))
    return workspace


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_separate_pairs_are_prompt_and_gold(workspace: Workspace) -> None:
    write_sft([TOY], workspace, "separate")
    folder = workspace.sft / "separate" / "toy"
    pair = lines(folder / "train.jsonl")[0]
    row = lines(workspace.tasks / "toy" / "train.jsonl")[0]
    assert pair == {
        "prompt": TOY.prompt(row["inputs"]),
        "completion": f"<answer>{row['word']}</answer>",
        "task": "toy",
        "row_id": row["id"],
    }
    assert {path.name for path in folder.iterdir()} == {"train.jsonl", "eval.jsonl", "MANIFEST.json"}


def test_test_rows_are_in_no_set(workspace: Workspace) -> None:
    for shape in ("separate", "unified", "chat"):
        write_sft([TOY, SMALL], workspace, shape)
    held_out = {row["id"] for row in lines(workspace.tasks / "toy" / "test.jsonl")}
    written = [line for path in workspace.sft.rglob("*.jsonl") for line in lines(path)]
    assert held_out
    assert not held_out & {line["row_id"] for line in written}


def test_unified_is_balanced_and_mixed_in_train_and_plain_in_eval(workspace: Workspace) -> None:
    write_sft([TOY, SMALL], workspace, "unified")
    train, held = (lines(workspace.sft / "unified" / f"{split}.jsonl") for split in ("train", "eval"))
    rows = {task.name: len(lines(workspace.tasks / task.name / "train.jsonl")) for task in (TOY, SMALL)}
    assert Counter(line["task"] for line in train) == {"toy": rows["toy"], "small": MAX_REPEATS * rows["small"]}
    halves = [Counter(line["task"] for line in half)["small"] for half in (train[: len(train) // 2], train[len(train) // 2 :])]  # fmt: skip
    assert min(halves) >= 8
    assert max(Counter(line["row_id"] for line in held).values()) == 1


def test_chat_has_the_unified_rows_as_messages(workspace: Workspace) -> None:
    write_sft([TOY, SMALL], workspace, "unified")
    write_sft([TOY, SMALL], workspace, "chat")
    unified, chat = (lines(workspace.sft / shape / "train.jsonl") for shape in ("unified", "chat"))
    assert [line["row_id"] for line in chat] == [line["row_id"] for line in unified]
    assert chat[0]["messages"] == [
        {"role": "user", "content": unified[0]["prompt"]},
        {"role": "assistant", "content": unified[0]["completion"]},
    ]


def test_a_second_run_does_nothing(workspace: Workspace) -> None:
    first = write_sft([TOY, SMALL], workspace, "unified")
    before = times(workspace.root)
    assert write_sft([SMALL, TOY], workspace, "unified") == first
    assert times(workspace.root) == before


def test_new_rows_make_new_sets(workspace: Workspace) -> None:
    first = write_sft([TOY], workspace, "separate")
    assemble_task(TOY, workspace, "8")
    second = write_sft([TOY], workspace, "separate")
    assert second[0].parents != first[0].parents


def test_a_new_prompt_makes_new_sets(workspace: Workspace) -> None:
    write_sft([TOY], workspace, "separate")
    write_sft([replace(TOY, template="Say it: {inputs}")], workspace, "separate")
    pair = lines(workspace.sft / "separate" / "toy" / "train.jsonl")[0]
    assert pair["prompt"].startswith("Say it: ")


def test_statistics_write_nothing(workspace: Workspace) -> None:
    before = times(workspace.root)
    found = statistics([TOY], workspace)
    assert times(workspace.root) == before
    assert found["toy"]["train"].lines == len(lines(workspace.tasks / "toy" / "train.jsonl"))
    assert found["toy"]["train"].by_source == {"static": found["toy"]["train"].lines}


def test_wrong_format_and_missing_rows_are_said(workspace: Workspace) -> None:
    with pytest.raises(BadInput, match="no format is named 'xml'"):
        write_sft([TOY], workspace, "xml")
    with pytest.raises(BadInput, match="no rows of task other are prepared"):
        write_sft([replace(TOY, name="other")], workspace, "separate")


def test_manifest_of_another_kind_is_replaced(workspace: Workspace) -> None:
    folder = workspace.sft / "chat"
    folder.mkdir(parents=True)
    write_manifest(folder, Manifest(kind="other", version="1", files={}))
    assert write_sft([TOY], workspace, "chat")[0].kind == "sft"

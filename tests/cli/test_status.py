"""`cap-rlvr status`: what runs did, and all that is needed to join the one that is under way."""

import json
import time
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cap_rlvr.cli.status import app
from cap_rlvr.clients.broker import EmbeddedValkey
from cap_rlvr.wire.runs import EventRecord, PhaseRecord, RunRecord, StepRecord, StepSeconds


def step(number: int, superseded: bool = False) -> StepRecord:
    return StepRecord(
        step=number, policy="p", loss=0.0, learning_rate=0.0, gradient_norm=0.0, reward_mean=0.0, reward_std=0.0,
        seconds=StepSeconds(queue=0, generation=0, reward=0, sync=0, optimiser=0, total=0), reward_by_task={},
        strict_by_task={}, rows=0, null_rows=0, dropped_groups=0, zero_variance_share=0.0, truncated_share=0.0,
        completion_tokens_mean=0.0, generated_tokens_per_second=0.0, replicas=0, groups_by_worker={}, request_ids=(),
        logprob_gap=0.0, entropy=0.0, superseded=superseded,
    )  # fmt: skip


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    run = RunRecord(
        id="run-1", source="somewhere", source_kinds=("static",), model="small", tasks=("bluebook",), seed=1,
        config={}, machine={}, phases=(PhaseRecord(name="prep", seconds=12.0),),
    )  # fmt: skip
    folder = tmp_path / "my workspace" / "runs" / "run-1"
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(run.model_dump_json())
    steps = [step(1), step(2, superseded=True), step(3, superseded=True), step(2)]
    (folder / "steps.jsonl").write_text("".join(one.model_dump_json() + "\n" for one in steps))
    return tmp_path / "my workspace"


def shown(workspace: Path) -> str:
    result = CliRunner().invoke(app, ["--workspace", str(workspace)], env={"COLUMNS": "200"})
    assert result.exit_code == 0, result.output
    return result.output


def serving(workspace: Path, redis_url: str) -> None:
    known = {"redis_url": redis_url, "reward_url": "http://127.0.0.1:8155", "fleet": "abc", "model": "models/sft"}
    (workspace / "runs" / "run-1" / "services.json").write_text(json.dumps(known))


def test_steps_are_those_that_count(workspace: Path) -> None:
    cells = [cell.strip() for cell in next(row for row in shown(workspace).splitlines() if "run-1" in row).split("│")]
    assert cells[-3:-1] == ["2", "12"]


def test_a_run_that_is_under_way_says_how_to_join_it(workspace: Path, tmp_path: Path) -> None:
    with EmbeddedValkey(tmp_path / "valkey") as server:
        serving(workspace, server.url)
        begun = EventRecord(at=time.time() - 60, kind="phase", text="sft begins")
        (workspace / "runs" / "run-1" / "events.jsonl").write_text(begun.model_dump_json() + "\n")
        said = shown(workspace)
    assert "phase: sft begins, 60 s ago" in said or "phase: sft begins, 61 s ago" in said
    store = f"'{workspace.resolve()}/policies'"
    assert f"cap-rlvr rollouts start --model models/sft --redis-url {server.url} --policy-store {store}" in said
    assert "http://127.0.0.1:8155/docs" in said
    assert "Fleet abc" in said


def test_a_run_that_is_over_says_so(workspace: Path) -> None:
    serving(workspace, "redis://127.0.0.1:1/0")
    assert "its broker does not answer" in shown(workspace)

"""GRPO while a third of the rewards can't be had: as null, and as 0.0, beside a run in which none fails.

Three GRPO runs from one warm start, with the same seeds, questions and services (a replica, the reward service, the
trainer); a proxy makes the same items fail in two of them. Held-out rows are then asked of each and scored without the
proxy. Told beside it: rows and groups left out, whether the advantages of groups without a null are, bit for bit, those
of a run without failures, and what 0.0 in their place does to held-out reward.

    python benchmarks/null_rewards.py --workspace workspace [--steps 60] [--share 0.3] [--task bluebook]

``--workspace`` is one that `make run` made. Writes `benchmarks/results/null_rewards.json`.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import httpx
from failing_rewards import FailingRewards, Mode, served
from rich.console import Console
from rich.table import Table
from watched_run import ROOT, changed, write_result

from cap_rlvr.clients.broker import EmbeddedValkey, connect, free_port
from cap_rlvr.clients.children import dies_with_parent
from cap_rlvr.clients.rollouts import RolloutClient, base_digest, fleet_id
from cap_rlvr.wire.runs import EvalRecord, RolloutRecord, StepRecord

ARMS: tuple[Mode, ...] = ("clean", "null", "zero")
STAGES = ("after_sft", "after_grpo")
READY_S = 300.0
THEIRS: dict[str, Any] = {"preexec_fn": dies_with_parent()}  # one thread starts them all
RUN = "nulls"  # one id for all: it decides the seeds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--share", type=float, default=0.3)
    parser.add_argument("--task", default="bluebook")
    parser.add_argument("--rows", type=int, default=400, help="held-out rows")
    given = parser.parse_args()
    scratch = given.workspace / "nulls"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    with services(given.workspace, scratch) as (redis_url, reward_url):
        figures = {mode: arm(given, scratch / mode, mode, redis_url, reward_url) for mode in ARMS}
    report(figures, given)


@contextmanager
def services(workspace: Path, scratch: Path) -> Generator[tuple[str, str]]:
    """A broker, the reward service and one replica of the warm start, until they are no longer needed."""
    if not (workspace / "models" / "sft").is_dir():
        sys.exit(f"{workspace / 'models' / 'sft'} is not there: type make run first")
    port = free_port()
    reward_url = f"http://127.0.0.1:{port}"
    model = workspace / "models" / "sft"
    with ExitStack() as running:
        broker = running.enter_context(EmbeddedValkey(scratch / "redis"))
        reward = {
            "REWARD_HOST": "127.0.0.1",
            "REWARD_PORT": str(port),
            "REWARD_WORKSPACE": str(workspace),
            "REWARD_OPEN_SPLITS": "train,eval,test",
            "REWARD_WORKERS": "1",
        }
        running.enter_context(child("services.reward_api", reward, scratch))
        rollouts = {
            "ROLLOUT_MODEL": str(model),
            "ROLLOUT_REDIS_URL": broker.url,
            "ROLLOUT_POLICY_STORE": str(scratch / "policies"),
            "ROLLOUT_MAX_LORA_RANK": "16",
        }
        running.enter_context(child("services.rollout_vllm", rollouts, scratch))
        until(lambda: httpx.get(f"{reward_url}/readyz").is_success)
        with connect(broker.url) as redis:
            fleet = RolloutClient(redis, fleet_id(base_digest(model)))
            until(lambda: any(replica.state == "ready" for replica in fleet.replicas()))
        yield broker.url, reward_url


@contextmanager
def child(module: str, settings: dict[str, str], scratch: Path) -> Generator[None]:
    with (scratch / f"{module}.log").open("wb") as log:
        command = [sys.executable, "-m", module]
        environment = {**os.environ, **settings}
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, **THEIRS)
    try:
        yield
    finally:
        process.terminate()
        process.wait(60)


def until(ready: Any) -> None:
    end = time.monotonic() + READY_S
    while True:
        try:
            if ready():
                return
        except httpx.TransportError:
            pass
        if time.monotonic() > end:
            sys.exit(f"a service was not ready after {READY_S:.0f} s: see its log")
        time.sleep(0.5)


def arm(given: argparse.Namespace, folder: Path, mode: Mode, redis_url: str, reward_url: str) -> dict[str, Any]:
    """One GRPO run and its evaluation."""
    (folder / "models").mkdir(parents=True)
    for name in ("tasks", "models/base", "models/sft"):
        (folder / name).symlink_to((given.workspace / name).resolve())
    grpo = {"steps": given.steps, "max_null_share": 1, "checkpoint_steps": given.steps}
    text = (ROOT / "configs" / "small.toml").read_text()
    text = text.replace("[grpo]\n", "[grpo]\nmax_null_share = 1\n", 1)
    (folder / "run.toml").write_text(changed(text, {"grpo": grpo, "eval": {"rows_per_task": given.rows}}))
    words = ["--workspace", folder, "--config", folder / "run.toml", "--task", given.task, "--run", RUN]
    proxy = FailingRewards(reward_url, mode, given.share)
    store = {"TRAINER_POLICY_STORE": str(folder.parent / "policies"), "TRAINER_REPORT_TO": "none"}
    with served(proxy) as address:
        program("grpo", [*words, "--redis-url", redis_url, "--reward-url", address], store)
    for stage in STAGES:
        program("eval", [*words, "--stage", stage, "--redis-url", redis_url, "--reward-url", reward_url], store)
    shutil.rmtree(folder.parent / "policies" / RUN, ignore_errors=True)
    return figures_of(folder / "runs" / RUN, proxy)


def program(name: str, words: list[Any], settings: dict[str, str]) -> None:
    command = [sys.executable, "-m", "cap_rlvr.cli", name, *map(str, words)]
    subprocess.run(command, env={**os.environ, **settings}, check=True)


def figures_of(run: Path, proxy: FailingRewards) -> dict[str, Any]:
    steps = [StepRecord.model_validate_json(line) for line in (run / "steps.jsonl").read_bytes().splitlines()]
    evals = {
        stage: [
            EvalRecord.model_validate_json(line) for line in (run / f"eval/{stage}.jsonl").read_bytes().splitlines()
        ]
        for stage in STAGES
    }
    whole, equal = advantages(run, proxy)
    return {
        "rows": sum(step.rows for step in steps),
        "null_rows": sum(step.null_rows for step in steps),
        "dropped_groups": sum(step.dropped_groups for step in steps),
        "sampled_groups_without_null": whole,
        "of_them_with_the_advantages_of_a_clean_run": equal,
        "held_out_rows": len(evals["after_grpo"]),
        **{f"reward_{stage}": mean(record.reward for record in records) for stage, records in evals.items()},
        **{f"strict_{stage}": mean(record.strict for record in records) for stage, records in evals.items()},
    }


def advantages(run: Path, proxy: FailingRewards) -> tuple[int, int]:
    """Sampled groups without a null, and those whose advantages are, to the bit, what TRL gives their true rewards."""
    import torch
    from trl.trainer.utils import nanstd

    lines = (run / "rollouts.jsonl").read_bytes().splitlines()
    groups: dict[tuple[int, str], list[RolloutRecord]] = {}
    for record in map(RolloutRecord.model_validate_json, lines):
        groups.setdefault((record.step, record.row_id), []).append(record)
    whole = [group for group in groups.values() if all(record.reward is not None for record in group)]
    equal = 0
    for group in whole:
        rewards = torch.tensor([[proxy.true[record.row_id, record.completion] for record in group]])
        wanted = (rewards - torch.nanmean(rewards, dim=1)) / (nanstd(rewards, dim=1) + 1e-4)
        equal += torch.equal(wanted[0], torch.tensor([cast(float, record.advantage) for record in group]))
    return len(whole), equal


def mean(values: Any) -> float:
    numbers = [float(value or 0) for value in values]
    return round(sum(numbers) / max(1, len(numbers)), 4)


def report(figures: dict[str, dict[str, Any]], given: argparse.Namespace) -> None:
    table = Table("", *figures, title=f"{given.share:.0%} of the rewards fail, {given.steps} steps of {given.task}")
    for name in figures["clean"]:
        table.add_row(name.replace("_", " "), *(f"{arm[name]:,}" for arm in figures.values()))
    Console().print(table)
    write_result("null_rewards", {"share": given.share, "steps": given.steps, "task": given.task, "arms": figures})
    null = figures["null"]
    sys.exit(null["sampled_groups_without_null"] != null["of_them_with_the_advantages_of_a_clean_run"])


if __name__ == "__main__":
    main()

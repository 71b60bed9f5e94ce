"""`kill -9` of each process of a run, one at a time, during GRPO: what happened, and was any group lost or doubled?

Runs the loop itself (`cap-rlvr run`) in a workspace that `make run` has warm-started, with small groups, and kills one
process every few steps: rollout worker, vLLM, reward service, trainer, the RQ parent alone, Valkey. Prints a table and
writes `benchmarks/results/chaos_grpo.json`.

    python benchmarks/chaos_grpo.py --workspace workspace --source ../shared/data/static.case.law
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "benchmarks" / "results" / "chaos_grpo.json"
EVERY = 3  # steps between two kills
# What is killed, and the words that its command line holds.
VICTIMS = {
    "rollout worker": ("services.rollout_vllm",),
    "vLLM": ("vllm.entrypoints",),
    "reward service": ("services.reward_api",),
    "trainer": ("services.trainer.grpo",),
    "RQ parent": ("-m", "services.trainer"),
    "Valkey": ("valkey-server",),
}
STEP_S = 420.0  # longest wait for a step: a replica that starts again on a busy machine


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--source", type=Path, required=True)
    given = parser.parse_args()
    steps = EVERY * (len(VICTIMS) + 1)
    config = write_config(given.workspace, steps)
    command = [sys.executable, "-m", "cap_rlvr.cli", "run", "--fresh", "--tasks", "bluebook", "--config", str(config)]
    command += ["--workspace", str(given.workspace), "--source", str(given.source)]
    shutil.rmtree(given.workspace / "models" / "grpo", ignore_errors=True)
    before = set(given.workspace.glob("runs/*"))
    run = subprocess.Popen(command)
    try:
        folder = watch_for(lambda: next(iter(set(given.workspace.glob("runs/*")) - before), None), run, 120)
        events = [kill(run, folder, name, EVERY * (index + 1)) for index, name in enumerate(VICTIMS)]
        code = run.wait(STEP_S * 3)
    finally:
        if run.poll() is None:
            run.send_signal(signal.SIGINT)
            run.wait(120)
    report(events, account(folder, steps), code)


def write_config(workspace: Path, steps: int) -> Path:
    """`configs/small.toml` with little GRPO, so that the warm start of `make run` is used again."""
    text = (ROOT / "configs" / "small.toml").read_text()
    changes = {"steps": steps, "prompts": 4, "completions": 4, "checkpoint_steps": 2, "rows_per_task": 20}
    section, lines = "", []
    for line in text.splitlines():
        section = line.strip() if line.startswith("[") else section
        name = line.split("=")[0].strip()
        if name in changes and section in {"[grpo]", "[eval]"}:
            line = f"{name} = {changes[name]}"  # noqa: PLW2901
        if not line.startswith("task_prompts"):
            lines.append(line)
    path = workspace / "chaos.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def kill(run: subprocess.Popen[bytes], folder: Path, name: str, step: int) -> dict[str, Any]:
    """Wait until a step is written, kill the victim, and wait for a later step than any before."""
    watch_for(lambda: last_step(folder) >= step, run, STEP_S * 4)
    victim = watch_for(lambda: find(run.pid, VICTIMS[name]), run, 60)
    at_step, began = last_step(folder), time.monotonic()
    victim.send_signal(signal.SIGKILL)
    watch_for(lambda: last_step(folder) > at_step, run, STEP_S)
    return {"killed": name, "after_step": at_step, "seconds_to_next_step": round(time.monotonic() - began, 1)}


def find(parent: int, words: tuple[str, ...]) -> psutil.Process | None:
    for process in psutil.Process(parent).children(recursive=True):
        try:
            line = process.cmdline()
        except psutil.Error:
            continue
        exact = words[0] == "-m"
        if (exact and line[-2:] == list(words)) or (not exact and words[0] in " ".join(line)):
            return process
    return None


def last_step(folder: Path) -> int:
    return max((record["step"] for record in records(folder / "steps.jsonl")), default=0)


def records(path: Path) -> list[dict[str, Any]]:
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def account(folder: Path, steps: int) -> dict[str, Any]:
    """Steps and groups of the surviving lineage: the last record of each step number."""
    lines = records(folder / "steps.jsonl")
    surviving = {record["step"]: record for record in lines}
    ids = Counter(request for record in surviving.values() for request in record["request_ids"])
    return {
        "steps": len(surviving),
        "steps_lost": steps - len(surviving),
        "steps_repeated": len(lines) - len(surviving),
        "groups": sum(ids.values()),
        "groups_lost": steps * 4 - sum(ids.values()),
        "groups_doubled": sum(count - 1 for count in ids.values()),
        "null_rows": sum(record["null_rows"] for record in surviving.values()),
    }


def watch_for(ready: Any, run: subprocess.Popen[bytes], seconds: float) -> Any:
    end = time.monotonic() + seconds
    while not (found := ready()):
        if run.poll() is not None:
            sys.exit(f"the run ended with code {run.returncode}")
        if time.monotonic() > end:
            sys.exit(f"nothing happened for {seconds:.0f} s")
        time.sleep(0.1)
    return found


def report(events: list[dict[str, Any]], totals: dict[str, Any], code: int) -> None:
    table = Table("killed", "after step", "seconds to the next step")
    for event in events:
        table.add_row(event["killed"], str(event["after_step"]), str(event["seconds_to_next_step"]))
    console = Console()
    console.print(table)
    console.print(totals, f"exit code {code}")
    RESULT.parent.mkdir(exist_ok=True)
    RESULT.write_text(json.dumps({"events": events, "totals": totals, "exit_code": code}, indent=2) + "\n")
    sys.exit(code or totals["groups_lost"] or totals["groups_doubled"])


if __name__ == "__main__":
    main()

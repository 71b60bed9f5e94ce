"""`kill -9` of each process of a run, one at a time, during GRPO: what happened, and was any group lost or doubled?

Runs the loop itself (`cap-rlvr run`, small groups) from the rows and the warm start of a workspace that `make run` made,
and kills one process every few steps: rollout worker, vLLM, reward service, trainer, the RQ parent alone, Valkey.
Prints a table and writes `benchmarks/results/chaos_grpo.json`.

    python benchmarks/chaos_grpo.py --workspace workspace --source path/to/static.case.law
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
from rich.console import Console
from rich.table import Table
from watched_run import STEP_S, WatchedRun, watched_run, write_result

EVERY = 3  # steps between two kills
PROMPTS = 4
# What is killed, and a word of its command line. The process that RQ forks has its parent's title.
VICTIMS = {
    "rollout worker": "services.rollout_vllm",
    "vLLM": "vllm.entrypoints",
    "reward service": "services.reward_api",
    "trainer": "services.trainer.grpo",
    "RQ parent": "rq:worker",
    "Valkey": "valkey-server",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--source", type=Path, required=True)
    given = parser.parse_args()
    steps = EVERY * (len(VICTIMS) + 1)
    grpo = {"steps": steps, "prompts": PROMPTS, "completions": 4, "checkpoint_steps": 2}
    with watched_run(given.workspace, given.source, {"grpo": grpo, "eval": {"rows_per_task": 20}}) as run:
        run.wait_for_step(1, 4 * STEP_S)
        events = [kill(run, name, EVERY * (index + 1)) for index, name in enumerate(VICTIMS)]
        code = run.process.wait(3 * STEP_S)
        totals = account(run, steps)
    report(events, totals, code)


def kill(run: WatchedRun, name: str, step: int) -> dict[str, Any]:
    """Wait until a step is written, kill the victim, and wait for a later step than any before."""
    run.wait_for_step(step)
    victim = run.wait(lambda: find(run.process.pid, VICTIMS[name]), 60)
    at_step, began = run.last_step, time.monotonic()
    victim.kill()
    run.wait_for_step(at_step + 1)
    return {"killed": name, "after_step": at_step, "seconds_to_next_step": round(time.monotonic() - began, 1)}


def find(run: int, word: str) -> psutil.Process | None:
    """The run's own child with that word in its command line, else a child's child."""
    parent = psutil.Process(run)
    for process in (*parent.children(), *parent.children(recursive=True)):
        try:
            if word in " ".join(process.cmdline()):
                return process
        except psutil.Error:
            continue
    return None


def account(run: WatchedRun, steps: int) -> dict[str, Any]:
    """Steps and groups of the surviving lineage: the last record of each step number."""
    surviving = {record["step"]: record for record in run.steps}
    ids = Counter(request for record in surviving.values() for request in record["request_ids"])
    return {
        "steps": len(surviving),
        "steps_lost": steps - len(surviving),
        "steps_repeated": len(run.steps) - len(surviving),
        "groups": ids.total(),
        "groups_lost": steps * PROMPTS - ids.total(),
        "groups_doubled": ids.total() - len(ids),
        "null_rows": sum(record["null_rows"] for record in surviving.values()),
    }


def report(events: list[dict[str, Any]], totals: dict[str, Any], code: int) -> None:
    table = Table("killed", "after step", "seconds to the next step")
    for event in events:
        table.add_row(*(str(value) for value in event.values()))
    console = Console()
    console.print(table)
    console.print(totals, f"exit code {code}")
    write_result("chaos_grpo", {"events": events, "totals": totals, "exit_code": code})
    sys.exit(code or totals["groups_lost"] or totals["groups_doubled"])


if __name__ == "__main__":
    main()

"""A second replica joins in the middle of a run: does it take work, with the trainer untouched?

Runs the loop itself (`cap-rlvr run`, one replica) from the rows and the warm start of a workspace that `make run` made,
starts another replica after step 10 with `cap-rlvr rollouts start`, and ends the run some steps after it has taken
work. Prints the groups served by each before and after, and writes `benchmarks/results/replica_joins.json`.

    python benchmarks/replica_joins.py --workspace workspace --source path/to/static.case.law
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from watched_run import STEP_S, WatchedRun, watched_run, write_result

from cap_rlvr.clients.broker import connect
from cap_rlvr.clients.rollouts import RolloutClient

JOIN_AFTER = 10
STEPS_TOGETHER = 10
NAME = "second"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, default=Path("workspace"))
    parser.add_argument("--source", type=Path, required=True)
    given = parser.parse_args()
    # More steps than will be taken: the run is ended here, not by its length.
    grpo = {"steps": 1000, "prompts": 16, "completions": 4, "checkpoint_steps": 50}
    with watched_run(given.workspace, given.source, {"grpo": grpo, "eval": {"rows_per_task": 20}}) as run:
        run.wait_for_step(JOIN_AFTER, 4 * STEP_S)
        second = start(run)
        try:
            result = watch(run)
        finally:
            second.terminate()
            second.wait(60)
        result["left_after_ctrl_c"] = run.interrupt()
    report(result)


def start(run: WatchedRun) -> subprocess.Popen[bytes]:
    scratch = run.workspace
    options = {
        "--model": scratch / "models" / "sft",
        "--redis-url": run.services["redis_url"],
        "--policy-store": scratch / "policies",
        "--name": NAME,
    }
    words = [str(word) for option in options.items() for word in option]
    with (run.folder / "logs" / "second.log").open("wb") as log:
        command = [sys.executable, "-m", "cap_rlvr.cli", "rollouts", "start", *words]
        return subprocess.Popen(command, stdout=log, stderr=log)


def watch(run: WatchedRun) -> dict[str, Any]:
    """Until both replicas have served for some steps."""
    services = run.services
    with connect(services["redis_url"]) as redis:
        client = RolloutClient(redis, services["fleet"])

        def is_ready() -> bool:
            return any(replica.name == NAME and replica.state == "ready" for replica in client.replicas())

        run.wait(is_ready, STEP_S)
        ready, at_step = time.monotonic(), run.last_step
    first = run.wait(lambda: next((s["step"] for s in run.steps if NAME in s["groups_by_worker"]), None), STEP_S)
    waited = time.monotonic() - ready
    run.wait_for_step(first + STEPS_TOGETHER - 1)
    served = {"alone": Counter[str](), "together": Counter[str]()}
    seconds: dict[str, list[float]] = {"alone": [], "together": []}
    for step in run.steps:
        when = "alone" if step["step"] < first else "together"
        served[when].update(step["groups_by_worker"])
        seconds[when].append(step["seconds"]["generation"])
    return {
        "ready_at_step": at_step,
        "first_groups_in_step": first,
        "seconds_from_ready_to_that_step_done": round(waited, 1),
        "groups": {when: dict(sorted(counts.items())) for when, counts in served.items()},
        "generation_seconds_a_step": {when: round(sum(took) / len(took), 2) for when, took in seconds.items()},
        "restarts_of_the_trainer": sum("asked for again" in line for line in events(run)),
    }


def events(run: WatchedRun) -> list[str]:
    return (run.folder / "events.jsonl").read_text().splitlines()


def report(result: dict[str, Any]) -> None:
    table = Table("steps", "replica", "groups")
    for when, counts in result["groups"].items():
        for worker, groups in counts.items():
            table.add_row(when, worker, str(groups))
    console = Console()
    console.print(table)
    console.print({name: value for name, value in result.items() if name != "groups"})
    write_result("replica_joins", result)
    sys.exit(bool(result["left_after_ctrl_c"]) or not result["groups"]["together"].get(NAME))


if __name__ == "__main__":
    main()

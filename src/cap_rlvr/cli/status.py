"""`cap-rlvr status`: runs, queues and replicas of a workspace, from its files and its broker."""

from __future__ import annotations

import json
import shlex
import time
from pathlib import Path
from typing import Annotated, Any

import typer

from cap_rlvr.wire.errors import CapError
from cap_rlvr.wire.workspace import Workspace

app = typer.Typer(add_completion=False)


@app.command()
def status(
    workspace: Annotated[Path, typer.Option(help="The folder that holds everything made.")] = Path("workspace"),
) -> None:
    """What is running, waiting and done.

    Example: cap-rlvr status --workspace workspace
    """
    from rich.console import Console

    from cap_rlvr.report.records import run_folders

    console = Console()
    runs = run_folders(workspace)
    if not runs:
        console.print(f"No run has been made in {workspace}. Type: make run")
        return
    console.print(_runs(runs))
    services = runs[-1] / "services.json"
    if services.exists():
        _show_services(console, runs[-1], json.loads(services.read_text()), Workspace(workspace.resolve()))


def _runs(folders: list[Path]) -> Any:
    from rich.table import Table

    from cap_rlvr.report.records import read_lines, read_run
    from cap_rlvr.report.summary import surviving
    from cap_rlvr.wire.runs import StepRecord

    table = Table("run", "source", "model", "tasks", "phases done", "steps", "seconds", title="Runs")
    for folder in folders:
        run = read_run(folder)
        steps = len(surviving(read_lines(folder / "steps.jsonl", StepRecord)))
        phases = ", ".join(phase.name for phase in run.phases)
        seconds = f"{sum(phase.seconds for phase in run.phases):.0f}"
        table.add_row(run.id, run.source, run.model, ", ".join(run.tasks), phases, str(steps), seconds)
    return table


def _phase(run: Path) -> str:
    """The run's last word on its phases, and how long ago that was."""
    from cap_rlvr.report.records import read_lines
    from cap_rlvr.wire.runs import EventRecord

    told = [event for event in read_lines(run / "events.jsonl", EventRecord) if event.kind == "phase"]
    return f"phase: {told[-1].text}, {time.time() - told[-1].at:.0f} s ago" if told else ""


def _show_services(console: Any, run: Path, services: dict[str, str], workspace: Workspace) -> None:
    """The live side: nothing but a sentence where the broker has gone with its run."""
    from cap_rlvr.cli.rollouts import announced, fleet_table
    from cap_rlvr.clients.broker import connect, without_password
    from cap_rlvr.clients.jobs import PREP, TRAIN
    from cap_rlvr.clients.rollouts import RolloutClient

    try:
        connection = connect(services["redis_url"])
    except CapError:
        console.print("No run is under way: its broker does not answer.")
        return
    with connection as redis:
        if phase := _phase(run):
            console.print(phase)
        console.print(f"broker {without_password(services['redis_url'])}", soft_wrap=True)
        if reward := services.get("reward_url"):
            console.print(f"rewards {reward}/docs", soft_wrap=True)
        for queue in (PREP, TRAIN):
            console.print(f"queue {queue}: {redis.llen(f'rq:queue:{queue}')} jobs waiting")
        if fleet := services.get("fleet"):
            client = RolloutClient(redis, fleet)
            console.print(fleet_table(fleet, client.replicas(), announced(redis)))
            console.print(f"{client.queue_length()} groups unfinished: queued or in the making")
        if model := services.get("model"):
            line = _start_line(model, without_password(services["redis_url"]), str(workspace.policies))
            console.print(f"Another replica: {line}", markup=False, highlight=False, soft_wrap=True)


def _start_line(model: str, redis_url: str, policy_store: str) -> str:
    """What to type for a replica that joins this run; a password in the broker's address is left for the user."""
    options = ["--model", model, "--redis-url", redis_url, "--policy-store", policy_store]
    return shlex.join(["cap-rlvr", "rollouts", "start", *options])

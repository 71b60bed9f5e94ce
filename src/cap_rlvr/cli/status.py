"""`cap-rlvr status`: runs, queues and replicas of a workspace, from its files and its broker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from cap_rlvr.wire.errors import CapError

app = typer.Typer(add_completion=False)


@app.command()
def status(
    workspace: Annotated[Path, typer.Option(help="The folder that holds everything made.")] = Path("workspace"),
) -> None:
    """What is running, waiting and done.

    Example: cap-rlvr status --workspace workspace
    """
    from rich.console import Console

    console = Console()
    runs = sorted(workspace.glob("runs/*/run.json"), key=lambda path: path.stat().st_mtime)
    if not runs:
        console.print(f"No run has been made in {workspace}. Type: make run")
        return
    console.print(_runs(runs))
    services = runs[-1].with_name("services.json")
    if services.exists():
        _show_services(console, json.loads(services.read_text()))


def _runs(paths: list[Path]) -> Any:
    from rich.table import Table

    from cap_rlvr.report.records import read_run

    table = Table("run", "source", "model", "tasks", "phases done", "steps", "seconds", title="Runs")
    for path in paths:
        run = read_run(path.parent)
        steps_file = path.with_name("steps.jsonl")
        steps = len(steps_file.read_bytes().splitlines()) if steps_file.exists() else 0
        phases = ", ".join(phase.name for phase in run.phases)
        seconds = f"{sum(phase.seconds for phase in run.phases):.0f}"
        table.add_row(run.id, run.source, run.model, ", ".join(run.tasks), phases, str(steps), seconds)
    return table


def _show_services(console: Any, services: dict[str, str]) -> None:
    """The live side: nothing but a sentence where the broker has gone with its run."""
    from cap_rlvr.clients.broker import connect
    from cap_rlvr.clients.jobs import PREP, TRAIN
    from cap_rlvr.clients.rollouts import RolloutClient

    try:
        redis = connect(services["redis_url"])
    except CapError:
        console.print("No run is under way: its broker does not answer.")
        return
    for queue in (PREP, TRAIN):
        console.print(f"queue {queue}: {redis.llen(f'rq:queue:{queue}')} jobs waiting")
    if fleet := services.get("fleet"):
        client = RolloutClient(redis, fleet)
        console.print(f"fleet {fleet}: {client.queue_length()} groups waiting")
        for replica in client.replicas():
            console.print(f"  {replica}")

"""`cap-rlvr report`: a run's report again, from its files."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.workspace import Workspace

app = typer.Typer(add_completion=False)


@app.command()
def report(
    run: Annotated[str, typer.Argument(help="The run's id; the newest where none is given.")] = "",
    workspace: Annotated[Path, typer.Option(help="The folder that holds everything made.")] = Path("workspace"),
) -> None:
    """Write report.html and report.json again from a run's files.

    Example: cap-rlvr report run-1f2e3d4c --workspace workspace
    """
    from cap_rlvr.report.page import write_report

    if "/" in run:
        raise BadInput("not a run's id", run, "See the ids with cap-rlvr status")
    typer.echo(write_report(Workspace(workspace).run(run) if run else newest_run(workspace)))


def newest_run(workspace: Path) -> Path:
    """The folder of the run whose record was written last. Raises BadInput where there is none."""
    from cap_rlvr.report.records import run_folders

    runs = run_folders(workspace)
    if not runs:
        raise BadInput("no run has been made here", str(workspace / "runs"), "Type: make run")
    return runs[-1]

"""`cap-rlvr serve`: the rewards over HTTP, from a workspace or from invented cases."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.workspace import Workspace

SYNTHETIC_CASES = 200

app = typer.Typer(add_completion=False)


@app.command()
def serve(  # noqa: PLR0913, PLR0917 - one for each setting that a first call may need
    port: Annotated[
        int, typer.Option(envvar="REWARD_PORT", min=0, max=65535, help="Where to listen; 0 takes any free port.")
    ] = 8100,
    host: Annotated[
        str, typer.Option(envvar="REWARD_HOST", help="Any but a loopback address needs --key-file.")
    ] = "127.0.0.1",
    key_file: Annotated[
        Path | None, typer.Option(envvar="REWARD_KEY_FILE", help="Keys that callers need; see cap-rlvr keys.")
    ] = None,
    workspace: Annotated[
        Path | None,
        typer.Option(
            envvar="REWARD_WORKSPACE", help="The folder with prepared rows. Default: workspace/, if it has some."
        ),
    ] = None,
    synthetic: Annotated[
        int | None,
        typer.Option(
            envvar="REWARD_SYNTHETIC", min=0, max=100_000, help="Invent so many cases instead of reading a workspace."
        ),
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Scoring processes. Default: one a core.")] = None,
    open_splits: Annotated[
        str,
        typer.Option(
            envvar="REWARD_OPEN_SPLITS",
            help="Splits whose examples are scored by id. Add test only for your own evaluation.",
        ),
    ] = "train,eval",
) -> None:
    """Serve the rewards over HTTP, and print a curl line that works.

    Without a workspace that has rows, 200 synthetic cases are invented first; that takes some seconds.

    Example: cap-rlvr serve

    Example: cap-rlvr serve --workspace workspace --port 8200

    Example: cap-rlvr serve --synthetic 1000

    Example: cap-rlvr serve --host 0.0.0.0 --key-file keys.json
    """
    if importlib.util.find_spec("fastapi") is None or importlib.util.find_spec("uvicorn") is None:
        raise BadInput("the reward service is not installed", "cap-rlvr serve", "Run: pip install 'cap-rlvr[reward]'")
    settings = {"REWARD_PORT": str(port), "REWARD_HOST": host, "REWARD_OPEN_SPLITS": open_splits}
    settings |= _source(workspace, synthetic)
    if key_file is not None:
        settings["REWARD_KEY_FILE"] = str(key_file)
    if workers is not None:
        settings["REWARD_WORKERS"] = str(workers)
    sys.stdout.flush()
    # The library never imports a service; this process becomes it, so that signals reach it directly.
    os.execve(sys.executable, [sys.executable, "-m", "services.reward_api"], {**os.environ, **settings})  # noqa: S606


def _source(workspace: Path | None, synthetic: int | None) -> dict[str, str]:
    """Where rows come from. Raises BadInput for a named workspace without rows, or for both options at once."""
    if workspace is not None and synthetic:
        where = "--workspace (or REWARD_WORKSPACE), --synthetic (or REWARD_SYNTHETIC)"
        raise BadInput("two sources were given", where, "Give one of them")
    if synthetic:
        return {"REWARD_SYNTHETIC": str(synthetic)}
    chosen = workspace or Path("workspace")
    if any(Workspace(chosen).tasks.glob("*/MANIFEST.json")):
        return {"REWARD_WORKSPACE": str(chosen), "REWARD_SYNTHETIC": "0"}
    if workspace is not None:
        raise BadInput("this workspace has no prepared rows", str(workspace), "Run `cap-rlvr prep`, or leave it out")
    return {"REWARD_SYNTHETIC": str(SYNTHETIC_CASES)}

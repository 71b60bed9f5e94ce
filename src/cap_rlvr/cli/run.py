"""`cap-rlvr run`: the whole loop by one command."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cap_rlvr.cli.trainer_program import CONFIGS
from cap_rlvr.wire.errors import BadInput

if TYPE_CHECKING:
    from rich.console import Console

app = typer.Typer(add_completion=False)


@app.command()
def run(  # noqa: PLR0913, PLR0917  (one parameter an option)
    source: Annotated[Path | None, typer.Option(help="CAP files; by default a few real volumes, else fiction.")] = None,
    workspace: Annotated[Path, typer.Option(help="The folder that holds everything made.")] = Path("workspace"),
    model: Annotated[str, typer.Option(help="A Qwen3, local or from the hub; by default a small one made here.")] = "",
    tasks: Annotated[str, typer.Option(help="Names with commas between them; by default all.")] = "",
    replicas: Annotated[int, typer.Option(min=1, max=64, help="vLLM replicas to start.")] = 1,
    config: Annotated[Path | None, typer.Option(help="A run's TOML; by default the one that fits the model.")] = None,
    fresh: Annotated[
        bool, typer.Option(help="Begin the run again, though an earlier call did it in part or whole.")
    ] = False,
) -> None:
    """Rows, warm start, fleet, rewards, GRPO, report. The same call again goes on where this one stopped.

    Examples:
        cap-rlvr run --source path/to/static.case.law

        cap-rlvr run --tasks bluebook --replicas 2
    """
    from rich.console import Console

    from cap_rlvr.cli.loop.begin import begin

    console = Console()
    if model and config is None and not _has_gpu():
        hint = "Give --config with settings for this machine, or leave MODEL out"
        raise BadInput("a pretrained model is trained by configs/one_gpu.toml, and no GPU is here", "MODEL", hint)
    chosen = config or CONFIGS / ("one_gpu.toml" if model else "small.toml")
    names = tuple(name.strip() for name in tasks.split(",") if name.strip())
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        page = begin(console, source, workspace, model, names, replicas, chosen, fresh)
    except KeyboardInterrupt:
        console.print("Stopped; nothing is left running. The same command goes on from here.")
        raise typer.Exit(130) from None
    _close(console, page)


def _close(console: Console, page: Path) -> None:
    import json

    for task, figures in json.loads(page.with_suffix(".json").read_bytes())["tasks"].items():
        gain = figures["grpo_gain"]
        if gain is None:
            continue
        low, high = (f"{100 * bound:.1f}" for bound in gain["ci95"])
        verdict = "moved" if gain["moved"] else "did not move"
        before, after = figures["after_sft"]["strict"], figures["after_grpo"]["strict"]
        console.print(
            f"{task}: {verdict}, strict accuracy {before:.3f} -> {after:.3f} (95 % of the gain: {low} to {high} points, {gain['n']} rows)"
        )
    console.print(f"Report: {page}")


def _has_gpu() -> bool:
    return os.path.exists("/dev/nvidiactl")  # noqa: PTH110  (a device, not a file)

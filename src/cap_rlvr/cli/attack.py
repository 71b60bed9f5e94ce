"""`cap-rlvr attack`: look for reward without the gold, and keep what was reached."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cap_rlvr.cli.quality import SEED

app = typer.Typer(add_completion=False)


@app.command()
def attack(  # noqa: PLR0913, PLR0917  (one parameter an option)
    task: Annotated[str, typer.Argument(help="Names with commas between them, or all.")] = "all",
    workspace: Annotated[
        Path | None,
        typer.Option(help="The folder with prepared rows. Default: workspace/, if it has some; else fiction."),
    ] = None,
    attempts: Annotated[int, typer.Option(min=0, help="Outputs that the search tries on each task.")] = 100_000,
    steps: Annotated[int, typer.Option(min=0, help="Steps of the learner, a group of outputs each.")] = 400,
    rows: Annotated[int, typer.Option(min=1, help="Most rows of a source.")] = 400,
    keep: Annotated[Path | None, typer.Option(help="Where what was reached is kept, to go on from.")] = None,
    seed: Annotated[int, typer.Option(help="Of rows, search and learner.")] = SEED,
) -> None:
    """Set the search and the learner on the rewards, as `cap-rlvr quality` does, and nothing else.

    Prints each one's best output that deserves nothing, and exits 1 where an output earned more than its own limit.
    What was reached is kept after every row, by default in <workspace>/quality: the same command goes on from there, and
    more attempts add to those made.

    Example: cap-rlvr attack holding --attempts 100000
    """
    from dataclasses import replace

    from rich.console import Console

    from cap_rlvr import registry
    from cap_rlvr.cli.quality import examples_for, following
    from cap_rlvr.quality.attack import attack as set_on
    from cap_rlvr.quality.results import Attacker
    from cap_rlvr.quality.samples import choose
    from cap_rlvr.quality.suite import FULL
    from cap_rlvr.quality.tables import attackers, outputs

    console = Console()
    place = keep or (workspace or Path("workspace")) / "quality"
    found: list[Attacker] = []
    with following(console) as tell:
        examples, origin = examples_for(task, workspace, replace(FULL, rows=rows), seed, tell)
        for name, own in examples.items():
            chosen = choose(own, rows, str(seed))
            found += set_on(registry.get(name), chosen, attempts, steps, str(seed), tell, place)
    console.print(f"Rows: {origin}. Kept in {place}", soft_wrap=True, markup=False, highlight=False)
    console.print(attackers(found))
    for line in outputs(found):
        console.print(line, soft_wrap=True, markup=False, highlight=False)
    if any(one.holes for one in found):
        raise typer.Exit(1)

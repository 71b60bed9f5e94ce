"""`cap-rlvr label`: a developer checks rows at the keyboard, without seeing the gold first."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from cap_rlvr.labels.asking import Asking
    from cap_rlvr.labels.sheet import Sheet
    from cap_rlvr.wire.case import Case
    from cap_rlvr.wire.workspace import Workspace

app = typer.Typer(add_completion=False)


@app.command()
def label(  # noqa: PLR0913, PLR0917  (one parameter an option)
    task: Annotated[str, typer.Argument(help="The task's name.")],
    rows: Annotated[int, typer.Option(min=1, help="How many rows.")] = 50,
    every: Annotated[list[str] | None, typer.Option(help="A label or kind of which all rows are taken.")] = None,
    each: Annotated[int | None, typer.Option(min=1, help="Up to so many rows of each label or kind.")] = None,
    seed: Annotated[str, typer.Option(help="Another seed draws other rows.")] = "1",
    out: Annotated[Path | None, typer.Option(help="Also write the labels here, as JSON lines.")] = None,
    summary: Annotated[bool, typer.Option("--summary", help="Ask nothing; show the agreement so far.")] = False,
    sources: Annotated[
        list[Path] | None, typer.Option("--source", help="Where the cases are; by default what prep read.")
    ] = None,
    workspace: Annotated[Path, typer.Option(help="The folder that holds everything made.")] = Path("workspace"),
) -> None:
    """Answer rows yourself, blind to the gold, then see how often you agree with it.

    One key an answer, then Enter; before that, p shows the gold and its passage and x says that the question is badly put.
    s skips, u takes the last answer back, q quits, and the same command goes on from there. What comes of it are developer
    labels, not lawyers'.

    Example: cap-rlvr label entail --every OVERRULES --each 40
    """
    from rich.console import Console

    from cap_rlvr.cli.sitting import Sitting
    from cap_rlvr.labels.asking import Asking, rows_digest, sheet_of
    from cap_rlvr.labels.sample import Sample, draw, rows_of
    from cap_rlvr.wire.workspace import Workspace

    console = Console(highlight=False)
    place = Workspace(workspace)
    sheet = sheet_of(place, task, seed)
    if not summary:
        console.print(f"Reading the rows of {task} and drawing the questions …")
        items = draw(rows_of(workspace, task), Sample(seed, rows, tuple(every or ()), each))
        asking = Asking(items, sheet, rows_digest(place, task))
        asking.cases |= _cases(asking, sources, place, console)
        Sitting(asking, console).run()
    if out is not None:
        sheet.export(out)
    _conclude(sheet, console)


def _cases(asking: Asking, sources: list[Path] | None, workspace: Workspace, console: Console) -> dict[str, Case]:
    """The cases of what is still to be asked, as far as the sources have them."""
    from cap_rlvr.labels.asking import find_cases_of

    done = asking.sheet.done
    still_open = [item for item in asking.items if item.id not in done]
    if still_open:
        console.print(f"Looking up the cases of {len(still_open)} questions; this takes some seconds …")
    return find_cases_of(still_open, sources, workspace)


def _conclude(sheet: Sheet, console: Console) -> None:
    """The agreement, and what to do about golds found wrong."""
    if not sheet.labels:
        console.print("No developer labels yet.")
        return
    console.print(agreement_table(sheet))
    console.print(f"Developer labels, not lawyers': {sheet.path}", markup=False, soft_wrap=True)
    for one in sheet.labels:
        if one.verdict == "gold_wrong":
            words = f"cap-rlvr rows reject {shlex.quote(one.row_id)} --why {shlex.quote(one.why)}"
            console.print(words, markup=False, soft_wrap=True)


def agreement_table(sheet: Sheet) -> Table:
    """Agreement by label or kind, each share with its 95 % interval."""
    from rich.box import SIMPLE
    from rich.table import Table

    from cap_rlvr.labels.agreement import agreements

    columns = ("rows", "agreed blind", "gold right at last", "unclear", "badly put", "skipped", "decoys seen through")
    table = Table(*columns, title="Developer labels", title_justify="left", box=SIMPLE)
    for line in agreements(sheet.labels):
        shares, others = (line.blind, line.right), (line.unclear, line.badly_put, line.skipped, line.seen_through)
        table.add_row(line.name, *map(str, (*shares, *others)))
    return table

"""`cap-rlvr label`: a developer checks rows at the keyboard, without seeing the gold first."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cap_rlvr.wire.errors import BadInput

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from cap_rlvr.labels.forms import Item
    from cap_rlvr.labels.sheet import Sheet
    from cap_rlvr.wire.case import Case

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

    from cap_rlvr import registry
    from cap_rlvr.cli.sitting import Sitting
    from cap_rlvr.labels.sample import Sample, draw, rows_of
    from cap_rlvr.labels.sheet import Sheet
    from cap_rlvr.wire.manifest import MANIFEST, read_manifest
    from cap_rlvr.wire.workspace import Workspace

    console = Console(highlight=False)
    place = Workspace(workspace)
    registry.get(task)
    if "/" in seed or not seed:
        raise BadInput("it is part of a file's name", "seed", "Use letters and digits")
    sheet = Sheet(place.labels / f"{task}-{seed}.jsonl")
    if not summary:
        console.print(f"Reading the rows of {task} and drawing the questions …")
        items = draw(rows_of(workspace, task), Sample(seed, rows, tuple(every or ()), each))
        made_by = read_manifest(place.tasks / task).digest if (place.tasks / task / MANIFEST).is_file() else ""
        Sitting(items, sheet, console, _cases(items, sheet, sources, place, console), made_by).run()
    if out is not None:
        sheet.export(out)
    _conclude(sheet, console)


def _cases(
    items: Sequence[Item], sheet: Sheet, sources: list[Path] | None, workspace: Any, console: Console
) -> dict[str, Case]:
    """The cases of what is still to be asked, as far as the sources have them."""
    from cap_rlvr.corpus.lookup import find_cases, given_or_known

    found: dict[str, Case] = {}
    places = given_or_known(sources, workspace)
    still_open = [item for item in items if item.id not in sheet.done]
    if still_open:
        console.print(f"Looking up the cases of {len(still_open)} questions; this takes some seconds …")
    for kind in sorted({item.row.source_kind for item in still_open}):
        of_kind = [item for item in still_open if item.row.source_kind is kind]
        ids = {case_id for item in of_kind for case_id in (item.row.case_id, item.other) if case_id}
        found |= find_cases(ids, places, kind)
    return found


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

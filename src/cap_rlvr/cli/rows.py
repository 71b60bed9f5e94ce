"""`cap-rlvr rows`: look at prepared rows, and reject those whose gold is wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cap_rlvr.wire.errors import BadInput

if TYPE_CHECKING:
    from cap_rlvr.wire.case import Case
    from cap_rlvr.wire.rows import Row
    from cap_rlvr.wire.workspace import Workspace

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Look at prepared rows; reject wrong ones.")
WorkspaceFolder = Annotated[Path, typer.Option(help="The folder that holds everything made.")]
Sources = Annotated[
    list[Path] | None, typer.Option("--source", help="Where the cases are; by default what prep read, and downloads.")
]
_GOLD = 60  # characters of a gold completion in a list


@app.command("list")
def show_list(
    task: Annotated[str, typer.Argument(help="The task's name.")],
    split: Annotated[str, typer.Option(help="train, eval or test.")] = "test",
    kind: Annotated[str, typer.Option(help="Only rows of this kind.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="How many.")] = 20,
    workspace: WorkspaceFolder = Path("workspace"),
) -> None:
    """List rows: id, kind, source, case and the beginning of the gold.

    Example: cap-rlvr rows list entail --split test --limit 50
    """
    from itertools import islice

    from cap_rlvr import registry
    from cap_rlvr.rewards.explain import printable
    from cap_rlvr.wire.rows import SPLITS, read_rows
    from cap_rlvr.wire.workspace import Workspace

    known = registry.get(task)
    if split not in SPLITS:
        raise BadInput(f"no split is named {split!r}", "split", f"Choose from: {', '.join(SPLITS)}")
    rows = read_rows(Workspace(workspace).tasks / task / f"{split}.jsonl")
    none = True
    for row in islice((row for row in rows if kind in ("", row.kind)), limit):
        none = False
        try:
            gold = " ".join(known.gold(known.read_truth(row.truth)).split())
        except BadInput as error:
            raise BadInput(error.message, f"{row.id}: {error.where}", error.hint) from None
        shown = gold if len(gold) <= _GOLD else f"{gold[:_GOLD]}…"
        typer.echo(printable(f"{row.id}  {row.kind}  {row.source_kind.value}  {row.case_id}  {shown}"))
    if none:
        typer.echo(f"No rows of {task} in {split}{f' are of the kind {kind}' if kind else ''}.", err=True)


@app.command()
def show(
    row_id: Annotated[str, typer.Argument(metavar="ID", help="A row's id.")],
    sources: Sources = None,
    workspace: WorkspaceFolder = Path("workspace"),
) -> None:
    """Show a row: its case and the passage with the spans marked, the prompt, the gold, and the gold's score.

    Example: cap-rlvr rows show bluebook:tex-crim/31/0035-01:conversion
    """
    from rich.console import Console
    from rich.text import Text

    from cap_rlvr import registry
    from cap_rlvr.cli.views import case_line, heading, passages, row_line
    from cap_rlvr.corpus.lookup import find_cases, given_or_known
    from cap_rlvr.labels.passages import stretches
    from cap_rlvr.rewards import UnifiedRewardFunction
    from cap_rlvr.rewards.explain import printable
    from cap_rlvr.wire.rejects import read_rejects
    from cap_rlvr.wire.workspace import Workspace

    console = Console(highlight=False)
    place = Workspace(workspace)
    row = find_row(place, row_id)
    task = registry.get(row.task)
    ids = {row.case_id, *(span.case_id for span in row.spans)}
    cases = find_cases(ids, given_or_known(sources, place), row.source_kind)
    gold = task.gold(task.read_truth(row.truth))
    console.print(row_line(row), case_line(row, cases.get(row.case_id)), sep="\n")
    rejected = read_rejects(place.rejects).get(row.id)
    if rejected is not None:
        console.print(Text(f"rejected, out at the next build: {rejected.why}", style="red"))
    console.print(heading("Passage"), passages(stretches(row.spans, cases)), sep="\n")
    console.print(heading("Prompt"), Text(printable(task.prompt(row.inputs))), sep="\n")
    console.print(heading("Gold and its score"), UnifiedRewardFunction().explain(row, gold), sep="\n")


@app.command("print")
def print_rows(
    task: Annotated[str, typer.Argument(help="The task's name.")],
    out: Annotated[Path, typer.Option(help="The page: a file that ends in .html or .md.")],
    rows: Annotated[int, typer.Option(min=1, help="How many, real ones where there are any.")] = 20,
    seed: Annotated[str, typer.Option(help="Another seed draws other rows.")] = "1",
    sources: Sources = None,
    workspace: WorkspaceFolder = Path("workspace"),
) -> None:
    """Print rows on one page for a lawyer to read: case, passage with the spans marked, question, gold, and its score.

    Example: cap-rlvr rows print holding --rows 20 --out holding.html
    """
    from cap_rlvr import registry
    from cap_rlvr.corpus.lookup import find_cases, given_or_known
    from cap_rlvr.labels import printed
    from cap_rlvr.labels.sample import rows_of
    from cap_rlvr.wire.files import write_whole
    from cap_rlvr.wire.workspace import Workspace

    registry.get(task)
    forms = {".html": printed.html, ".md": printed.markdown}
    if out.suffix not in forms:
        raise BadInput(f"it ends in {out.suffix or 'nothing'}", str(out), f"Choose from: {', '.join(forms)}")
    chosen = printed.draw(rows_of(workspace, task), rows, seed)
    if not chosen:
        raise BadInput(f"there are no rows of {task}", str(workspace), "Prepare some with `cap-rlvr prep`")
    places = given_or_known(sources, Workspace(workspace))
    cases: dict[str, Case] = {}
    for kind in sorted({row.source_kind for row in chosen}):
        of_kind = [row for row in chosen if row.source_kind is kind]
        cases |= find_cases({case_id for row in of_kind for case_id in printed.cases_of(row)}, places, kind)
    write_whole(out, forms[out.suffix](task, [printed.printed(row, cases) for row in chosen]))
    missing = len({case_id for row in chosen for case_id in printed.cases_of(row)} - cases.keys())
    gone = f"; {missing} cases are not in the sources (name them with --source)" if missing else ""
    typer.echo(f"Wrote {out}: {len(chosen)} rows{gone}")


@app.command()
def reject(
    row_id: Annotated[str, typer.Argument(metavar="ID", help="A row's id.")],
    why: Annotated[str, typer.Option(help="What is wrong with its gold.")],
    workspace: WorkspaceFolder = Path("workspace"),
) -> None:
    """Keep that a row's gold is wrong: it is left out at the next build, and counted in the published error rate.

    Example: cap-rlvr rows reject entail-0a1b2c3d4e5f6071 --why "the dissent says so, not the court"
    """
    from cap_rlvr.labels import asking
    from cap_rlvr.wire.workspace import Workspace

    place = Workspace(workspace)
    row = find_row(place, row_id)
    count = asking.reject(place, row, why)
    typer.echo(f"{row.id} is out at the next cap-rlvr prep; {count} of {row.task}")


def find_row(workspace: Workspace, row_id: str) -> Row:
    """The prepared row of an id. Raises BadInput where there is none."""
    for line in _lines(workspace, row_id.encode()):
        row = _parsed(line)
        if row is not None and row.id == row_id:
            return row
    if not any(workspace.tasks.glob("*/*.jsonl")):
        raise BadInput("there are no prepared rows", str(workspace.root), "Run cap-rlvr prep, or name --workspace")
    raise BadInput("no prepared row has this id", row_id, "See the ids with cap-rlvr rows list TASK")


def _lines(workspace: Workspace, needle: bytes) -> Iterator[bytes]:
    """The lines of all row files in which an id stands: most are passed over unread."""
    for path in sorted(workspace.tasks.glob("*/*.jsonl")):
        with path.open("rb") as file:
            yield from (line for line in file if needle in line)


def _parsed(line: bytes) -> Row | None:
    import orjson

    from cap_rlvr.wire.rows import Row

    try:
        return Row.model_validate(orjson.loads(line))
    except ValueError:
        return None

"""`cap-rlvr label`: a developer checks rows at the keyboard, without seeing the gold first."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cap_rlvr.wire.errors import BadInput

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from cap_rlvr.labels.forms import Item
    from cap_rlvr.labels.sheet import Label, Sheet, Verdict
    from cap_rlvr.wire.case import Case

app = typer.Typer(add_completion=False)
_ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|O.|.)?", re.DOTALL)  # what arrows and the like send
_SKIP, _UNDO, _QUIT = "s", "u", "q"
_COMMANDS = {_SKIP: "skip", _UNDO: "undo", _QUIT: "quit"}
_SECOND: dict[str, str] = {"g": "the gold is right", "w": "the gold is wrong", "c": "can't be told"}
_VERDICTS: dict[str, Verdict] = {"g": "gold_right", "w": "gold_wrong", "c": "unclear"}


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

    One key an answer; s skips, u takes the last answer back, q quits, and the same command goes on from there. What comes
    of it are developer labels, not lawyers'.

    Example: cap-rlvr label entail --every OVERRULES --each 40
    """
    from rich.console import Console

    from cap_rlvr import registry
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
        items = draw(rows_of(workspace, task), Sample(seed, rows, tuple(every or ()), each))
        made_by = read_manifest(place.tasks / task).digest if (place.tasks / task / MANIFEST).is_file() else ""
        Sitting(items, sheet, console, _cases(items, sheet, sources, place, console), made_by).run()
    if out is not None:
        sheet.export(out)
    _conclude(sheet, console)


@dataclass
class Sitting:
    """A person before a terminal, until all is asked or they quit. ``rows`` is the digest of the prepared rows."""

    items: Sequence[Item]
    sheet: Sheet
    console: Console
    cases: dict[str, Case]
    rows: str
    keys: list[str] = field(default_factory=list[str])

    def run(self) -> None:
        """Ask what has not been asked; every answer is on the disk before the next question."""
        while (item := self._next()) is not None:
            self._show(item)
            key = self._key({**item.keys, **_COMMANDS}, item.question)
            if key == _QUIT:
                return
            if key == _UNDO:
                self._undo()
            elif key == _SKIP:
                self.sheet.add(self._label(item, "", agrees=None))
            elif not self._answered(item, key):
                return

    def _next(self) -> Item | None:
        done = self.sheet.done
        return next((item for item in self.items if item.id not in done), None)

    def _show(self, item: Item) -> None:
        from rich.rule import Rule
        from rich.text import Text

        from cap_rlvr.cli.views import case_line
        from cap_rlvr.rewards.explain import printable

        left = sum(one.id not in self.sheet.done for one in self.items)
        self.console.print(Rule(f"{item.row.task}: {len(self.items) - left + 1} of {len(self.items)}"))
        if item.named:
            self.console.print(case_line(item.row, self.cases.get(item.row.case_id)))
        self.console.print(Text(f"\n{printable(_unmasked(item, self.cases))}\n"))

    def _undo(self) -> None:
        last = self.sheet.undo()
        self.console.print(f"Taken back: {last.row_id}" if last else "There is nothing to take back")

    def _answered(self, item: Item, key: str) -> bool:
        """Keep an answer, after a second look where it is not the gold's; False where they quit instead."""
        from cap_rlvr.cli.views import passages

        agrees = key == item.right
        if agrees or item.decoy:
            told = "agrees" if agrees else "an error was put into that answer"
            self.console.print(f"[green]{told}[/green]" if agrees else f"[yellow]{told}[/yellow]")
            self.sheet.add(self._label(item, item.keys[key], agrees=agrees))
            return True
        self.console.print("[yellow]The gold says otherwise.[/yellow]")
        self.console.print(item.gold, markup=False)
        shown = {item.row.case_id, item.other}
        self.console.print(passages([span for span in item.row.spans if span.case_id in shown], self.cases))
        second = self._key({**_SECOND, _UNDO: "undo", _QUIT: "quit"}, "On a second look?")
        if second in (_UNDO, _QUIT):
            return second == _UNDO
        why = typer.prompt("What is wrong with it?") if second == "w" else ""
        label = self._label(item, item.keys[key], agrees=False)
        self.sheet.add(label.model_copy(update={"verdict": _VERDICTS[second], "why": why}))
        return True

    def _label(self, item: Item, answer: str, *, agrees: bool | None) -> Label:
        from cap_rlvr.labels.forms import stratum
        from cap_rlvr.labels.sheet import Label

        return Label(
            task=item.row.task,
            item=item.id,
            row_id=item.row.id,
            source_kind=item.row.source_kind.value,
            stratum=stratum(item.row),
            decoy=item.decoy,
            answer=answer,
            agrees=agrees,
            gold=item.gold,
            rows=self.rows,
        )

    def _key(self, meanings: dict[str, str], question: str) -> str:
        """Wait for one of the keys. Ctrl-C and the end of input quit; keys typed ahead are kept, arrows and the like not."""
        listed = "  ".join(f"[{key}] {meaning}" for key, meaning in meanings.items())
        self.console.print(f"{question}  {listed}", markup=False)
        while True:
            while not self.keys:
                self.keys = _read_keys()
            key = self.keys.pop(0).lower()
            if key in meanings:
                return key


def _read_keys(read: Callable[[], str] = typer.getchar) -> list[str]:
    try:
        typed = read()
    except (KeyboardInterrupt, EOFError):
        return [_QUIT]
    except OSError:
        raise BadInput(
            "there is no terminal to answer at", "label", "Start it in a terminal, or use --summary"
        ) from None
    if not typed:
        return [_QUIT]
    return list(_ESCAPES.sub("", typed))


def _cases(
    items: Sequence[Item], sheet: Sheet, sources: list[Path] | None, workspace: Any, console: Console
) -> dict[str, Case]:
    """The cases of what is still to be asked, as far as the sources have them."""
    from cap_rlvr.corpus.lookup import find_cases, given_or_known

    found: dict[str, Case] = {}
    places = given_or_known(sources, workspace)
    still_open = [item for item in items if item.id not in sheet.done]
    with console.status("Looking up the cases"):
        for kind in sorted({item.row.source_kind for item in still_open}):
            of_kind = [item for item in still_open if item.row.source_kind is kind]
            ids = {case_id for item in of_kind for case_id in (item.row.case_id, item.other) if case_id}
            found |= find_cases(ids, places, kind)
    return found


def _unmasked(item: Item, cases: dict[str, Case]) -> str:
    """What is shown, the words that the row hides given back where its passage is at hand: a person judges the law."""
    from cap_rlvr.corpus.lookup import field_text

    context = item.row.truth.get("context")
    passage = next((span for span in item.row.spans if span.role == "passage"), None)
    if not isinstance(context, str) or passage is None or passage.case_id not in cases:
        return item.shown
    return item.shown.replace(context, field_text(cases[passage.case_id], passage.field)[passage.start : passage.end])


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

    columns = ("rows", "agreed blind", "gold right at last", "unclear", "skipped", "decoys seen through")
    table = Table(*columns, title="Developer labels", title_justify="left", box=SIMPLE)
    for line in agreements(sheet.labels):
        counts = (str(line.blind), str(line.right), str(line.unclear), str(line.skipped), str(line.seen_through))
        table.add_row(line.name, *counts)
    return table

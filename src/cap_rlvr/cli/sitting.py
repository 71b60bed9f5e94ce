"""A person's sitting before the rows: the question, one key, then what the gold says and whether it holds."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from cap_rlvr.cli.keyboard import ENDED, STOPPED, Keyboard

if TYPE_CHECKING:
    from rich.console import Console

    from cap_rlvr.labels.forms import Item
    from cap_rlvr.labels.sheet import Label, Sheet, Verdict
    from cap_rlvr.wire.case import Case

_SKIP, _UNDO, _QUIT, _PASSAGE, _BADLY_PUT = "s", "u", "q", "p", "x"
_ON = "\n"
_ENTER = {"\r": _ON, " ": _ON}
_COMMANDS = {_SKIP: "skip", _UNDO: "undo", _QUIT: "quit"}
_SECOND = {"g": "the gold is right", "w": "the gold is wrong", "c": "can't be told"}
_VERDICTS: dict[str, Verdict] = {"g": "gold_right", "w": "gold_wrong", "c": "unclear"}


@dataclass
class Sitting:
    """A person before a terminal, until all is asked or they quit. ``rows`` is the digest of the prepared rows."""

    items: Sequence[Item]
    sheet: Sheet
    console: Console
    cases: dict[str, Case]
    rows: str
    keyboard: Keyboard = field(default_factory=Keyboard)

    def run(self) -> None:
        """Ask what has not been asked; every answer is on the disk before the next question."""
        if self._next() is not None:
            self._open()
        with suppress(typer.Abort), self.keyboard.by_key():  # Ctrl-C while a line is typed
            while (item := self._next()) is not None and self._asked(item):
                pass
        left = self._left()
        done = f"{len(self.items) - left} of {len(self.items)}"
        self.console.print(f"\nStopped after {done}; the same command goes on." if left else f"\nThe end: {done} done.")

    def _open(self) -> None:
        from cap_rlvr.labels.forms import asked_of_models

        self.console.print("What a model is told beside every question:\n", style="bold")
        self.console.print(asked_of_models(self.items[0].row.task), markup=False, style="dim")

    def _left(self) -> int:
        done = self.sheet.done
        return sum(item.id not in done for item in self.items)

    def _next(self) -> Item | None:
        done = self.sheet.done
        return next((item for item in self.items if item.id not in done), None)

    def _place(self) -> str:
        return f"{len(self.items) - self._left() + 1} of {len(self.items)}"

    def _asked(self, item: Item) -> bool:
        """Ask one question; False where they quit."""
        from rich.rule import Rule
        from rich.text import Text

        from cap_rlvr.rewards.explain import printable

        self.console.print(Rule(f"{item.row.task}: {self._place()}"))
        self.console.print(Text(f"\n{printable(_unmasked(item, self.cases))}\n"))
        key = self._key({**item.keys, **_COMMANDS}, f"{self._place()}. {item.question}")
        if key == _UNDO:
            self._undo()
        elif key == _SKIP:
            self.sheet.add(self._label(item, "", agrees=None))
        elif key != _QUIT:
            return self._answered(item, key)
        return key != _QUIT

    def _undo(self) -> None:
        last = self.sheet.undo()
        self.console.print(f"Taken back: {last.row_id}" if last else "There is nothing to take back")

    def _answered(self, item: Item, key: str) -> bool:
        """Keep an answer, after a second look where it is not the gold's; False where they quit."""
        agrees = key == item.right
        label = self._label(item, item.keys[key], agrees=agrees)
        if agrees or item.decoy:
            told = "agrees" if agrees else "an error was put into that answer"
            self.console.print(f"[green]{told}[/green]" if agrees else f"[yellow]{told}[/yellow]")
            self._name(item)
        else:
            self.console.print("[yellow]The gold says otherwise.[/yellow]")
            self._name(item)
            second = self._look(item, {_UNDO: "undo", _QUIT: "quit"})
            if second in (_UNDO, _QUIT):
                return second == _UNDO
            label = self._judged(label, second)
        self.sheet.add(label)
        return self._reviewed(item)

    def _reviewed(self, item: Item) -> bool:
        """What may still be said of the answer just kept, until they go on; False where they quit."""
        while True:
            label = self.sheet.labels[-1]
            offers = {_ON: "next", _PASSAGE: "gold and passage"}
            offers[_BADLY_PUT] = "not badly put after all" if label.badly_put else "ambiguous or badly put"
            key = self._key({**offers, _UNDO: "undo", _QUIT: "quit"}, "Kept.")
            if key == _BADLY_PUT:
                self.sheet.amend(label.model_copy(update={"badly_put": not label.badly_put}))
            elif key == _PASSAGE:
                second = self._look(item, {_ON: "leave it as it is"})
                if second in _VERDICTS:
                    self.sheet.amend(self._judged(label, second))
            else:
                if key == _UNDO:
                    self._undo()
                return key != _QUIT

    def _name(self, item: Item) -> None:
        """The cases and their pages, which are not shown before the answer."""
        from cap_rlvr.cli.views import case_line, other_case_line

        self.console.print(case_line(item.row, self.cases.get(item.row.case_id)))
        if item.other:
            self.console.print(other_case_line(item.other, item.row, self.cases.get(item.other)))

    def _look(self, item: Item, others: dict[str, str]) -> str:
        """Show the gold and its passage, and ask which of the two is right."""
        from cap_rlvr.cli.views import passages

        self.console.print(item.gold, markup=False)
        shown = {item.row.case_id, item.other}
        self.console.print(passages([span for span in item.row.spans if span.case_id in shown], self.cases))
        return self._key({**_SECOND, **others}, "On a second look?")

    def _judged(self, label: Label, second: str) -> Label:
        why = self._line("What is wrong with it?") if second == "w" else ""
        return label.model_copy(update={"verdict": _VERDICTS[second], "why": why})

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

    def _line(self, question: str) -> str:
        with self.keyboard.by_line():
            return str(typer.prompt(question))

    def _key(self, meanings: dict[str, str], question: str) -> str:
        """Wait for one of the keys. Ctrl-C and the end of input quit; keys typed ahead are kept, arrows and the like not."""
        listed = "  ".join(f"[{'Enter' if key == _ON else key}] {meaning}" for key, meaning in meanings.items())
        self.console.print(f"{question}  {listed}", markup=False)
        while True:
            key = self.keyboard.keys.next()
            key = _ENTER.get(key, key)
            if key in (ENDED, STOPPED):
                return _QUIT
            if key in meanings:
                return key


def _unmasked(item: Item, cases: dict[str, Case]) -> str:
    """What is shown, the words that the row hides given back where its passage is at hand: a person judges the law."""
    from cap_rlvr.corpus.lookup import field_text

    context = item.row.truth.get("context")
    passage = next((span for span in item.row.spans if span.role == "passage"), None)
    if not isinstance(context, str) or passage is None or passage.case_id not in cases:
        return item.shown
    return item.shown.replace(context, field_text(cases[passage.case_id], passage.field)[passage.start : passage.end])

"""A person's sitting before the rows: the question, one key, then what the gold says and whether it holds."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from cap_rlvr.cli.keyboard import ENDED, STOPPED, Keyboard

if TYPE_CHECKING:
    from rich.console import Console

    from cap_rlvr.labels.asking import Asking
    from cap_rlvr.labels.forms import Item
    from cap_rlvr.labels.sheet import Label, Verdict

_SKIP, _UNDO, _QUIT, _PASSAGE, _BADLY_PUT = "s", "u", "q", "p", "x"
_ON = "\n"
_ENTER = {"\r": _ON, " ": _ON}
_COMMANDS = {_SKIP: "skip", _UNDO: "undo", _QUIT: "quit"}
_SECOND = {"g": "the gold is right", "w": "the gold is wrong", "c": "can't be told"}
_VERDICTS: dict[str, Verdict] = {"g": "gold_right", "w": "gold_wrong", "c": "unclear"}


@dataclass
class Sitting:
    """A person before a terminal, until all is asked or they quit."""

    asking: Asking
    console: Console
    keyboard: Keyboard = field(default_factory=Keyboard)

    def run(self) -> None:
        """Ask what has not been asked; every answer is on the disk before the next question."""
        asking = self.asking
        if asking.next is not None:
            self._open()
        with suppress(typer.Abort), self.keyboard.by_key():  # Ctrl-C while a line is typed
            while (item := asking.next) is not None and self._asked(item):
                pass
        left = asking.left
        done = f"{len(asking.items) - left} of {len(asking.items)}"
        self.console.print(f"\nStopped after {done}; the same command goes on." if left else f"\nThe end: {done} done.")

    def _open(self) -> None:
        from cap_rlvr.labels.forms import asked_of_models

        self.console.print("What a model is told beside every question:\n", style="bold")
        self.console.print(asked_of_models(self.asking.items[0].row.task), markup=False, style="dim")

    def _place(self) -> str:
        return f"{self.asking.number} of {len(self.asking.items)}"

    def _asked(self, item: Item) -> bool:
        """Ask one question; False where they quit."""
        from rich.rule import Rule
        from rich.text import Text

        from cap_rlvr.rewards.explain import printable

        self.console.print(Rule(f"{item.row.task}: {self._place()}"))
        self.console.print(Text(f"\n{printable(self.asking.shown(item))}\n"))
        key = self._key({**item.keys, **_COMMANDS}, f"{self._place()}. {item.question}")
        if key == _UNDO:
            self._undo()
        elif key == _SKIP:
            self.asking.sheet.add(self.asking.label(item, None))
        elif key != _QUIT:
            return self._answered(item, key)
        return key != _QUIT

    def _undo(self) -> None:
        last = self.asking.sheet.undo()
        self.console.print(f"Taken back: {last.row_id}" if last else "There is nothing to take back")

    def _answered(self, item: Item, key: str) -> bool:
        """Keep an answer, after a second look where it is not the gold's; False where they quit."""
        from cap_rlvr.labels.asking import asks_again

        label = self.asking.label(item, key)
        if not asks_again(label):
            told = "agrees" if label.agrees else "an error was put into that answer"
            self.console.print(f"[green]{told}[/green]" if label.agrees else f"[yellow]{told}[/yellow]")
            self._name(item)
        else:
            self.console.print("[yellow]The gold says otherwise.[/yellow]")
            self._name(item)
            second = self._look(item, {_UNDO: "undo", _QUIT: "quit"})
            if second in (_UNDO, _QUIT):
                return second == _UNDO
            label = self._judged(label, second)
        self.asking.sheet.add(label)
        return self._reviewed(item, label)

    def _reviewed(self, item: Item, label: Label) -> bool:
        """What may still be said of the answer just kept, until they go on; False where they quit."""
        while True:
            offers = {_ON: "next", _PASSAGE: "gold and passage"}
            offers[_BADLY_PUT] = "not badly put after all" if label.badly_put else "ambiguous or badly put"
            key = self._key({**offers, _UNDO: "undo", _QUIT: "quit"}, "Kept.")
            if key == _BADLY_PUT:
                label = label.model_copy(update={"badly_put": not label.badly_put})
                self.asking.sheet.amend(label)
            elif key == _PASSAGE:
                second = self._look(item, {_ON: "leave it as it is"})
                if second in _VERDICTS:
                    label = self._judged(label, second)
                    self.asking.sheet.amend(label)
            else:
                if key == _UNDO:
                    self._undo()
                return key != _QUIT

    def _name(self, item: Item) -> None:
        """The cases and their pages, which are not shown before the answer."""
        from cap_rlvr.cli.views import case_line, other_case_line

        cases = self.asking.cases
        self.console.print(case_line(item.row, cases.get(item.row.case_id)))
        if item.other:
            self.console.print(other_case_line(item.other, item.row, cases.get(item.other)))

    def _look(self, item: Item, others: dict[str, str]) -> str:
        """Show the gold and its passage, and ask which of the two is right."""
        from cap_rlvr.cli.views import passages

        self.console.print(item.gold, markup=False)
        self.console.print(passages(self.asking.passages(item)))
        return self._key({**_SECOND, **others}, "On a second look?")

    def _judged(self, label: Label, second: str) -> Label:
        why = self._line("What is wrong with it?") if second == "w" else ""
        return label.model_copy(update={"verdict": _VERDICTS[second], "why": why})

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

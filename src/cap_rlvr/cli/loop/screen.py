"""What a person sees while the loop runs: one bar for the phase at work, a line for each thing that happened."""

from __future__ import annotations

import time
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from cap_rlvr.wire.runs import EventRecord

QUIET_EVERY = 15.0  # seconds between lines of progress where there is no terminal


class Screen:
    """A live bar on a terminal, plain lines elsewhere. Use as a context manager."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=28),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("[dim]{task.fields[note]}"),
            console=console,
            disable=not console.is_terminal,
        )
        self._bar: Any = None
        self.title = ""
        self._said = 0.0

    def __enter__(self) -> Screen:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def begin(self, title: str, total: float | None = None) -> None:
        """Show a new phase; ``total`` None where its length is not known."""
        self.end()
        self.title = title
        self._said = time.monotonic()
        self._bar = self._progress.add_task(title, total=total, note="")

    def show(self, done: float, total: float | None = None, note: str = "") -> None:
        """Move the bar; where there is no terminal, say it every few seconds."""
        if self._bar is None:
            return
        fields: dict[str, Any] = {"completed": done, "note": note}
        if total is not None:
            fields["total"] = total
        self._progress.update(self._bar, **fields)
        if not self._console.is_terminal and time.monotonic() - self._said > QUIET_EVERY:
            self._said = time.monotonic()
            far = f"{done:g} of {total:g}" if total else f"{done:g}" if done else "at work"
            self.say(f"{self.title}: {far} {note}".rstrip())

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._progress.remove_task(self._bar)
            self._bar = None

    def event(self, event: EventRecord) -> None:
        """One line for an event."""
        style = {"phase": "bold", "restarted": "yellow", "waiting": "yellow", "given up": "red"}.get(event.kind, "dim")
        self.say(f"{time.strftime('%H:%M:%S', time.localtime(event.at))}  {event.kind}: {event.text}", style)

    def say(self, text: str, style: str = "") -> None:
        """One plain line."""
        self._console.print(text, style=style or None, markup=False, highlight=False)

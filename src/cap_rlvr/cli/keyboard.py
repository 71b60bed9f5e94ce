"""Single keys of a person at a terminal, without Enter; what is typed while something is printed waits its turn."""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

import typer

from cap_rlvr.wire.errors import BadInput

ENDED = "\x04"  # the end of input; what Ctrl-D sends
STOPPED = "\x03"  # what Ctrl-C sends
ESCAPE = "\x1b"


class Keys:
    """One key at a time. ``read`` gives what was typed, "" at its end; ``more`` says whether anything waits there.

    Arrows and the like, which begin with Escape, are no keys.
    """

    def __init__(self, read: Callable[[], str], more: Callable[[], bool]) -> None:
        self._read, self._more = read, more
        self._waiting = ""

    def next(self) -> str:
        """The next key in lower case, ENDED at the end. Raises BadInput where there is no terminal."""
        while (key := self._char()) == ESCAPE:
            self._pass_over()
        return key.lower()

    def _char(self) -> str:
        if not self._waiting:
            try:
                self._waiting = self._read() or ENDED
            except (EOFError, KeyboardInterrupt):
                return ENDED
            except OSError:
                raise BadInput(
                    "there is no terminal to answer at", "label", "Start it in a terminal, or use --summary"
                ) from None
        key, self._waiting = self._waiting[0], self._waiting[1:]
        return key

    def _pass_over(self) -> None:
        """The rest of what one such key sends: `[`, numbers and a last sign; `O` and a sign; or one sign."""
        if not (self._waiting or self._more()):
            return
        kind = self._char()
        if kind == "O":
            self._char()
        while kind == "[" and not ("@" <= (sign := self._char()) <= "~" or sign == ENDED):
            pass


class Keyboard:
    """The terminal for as long as it is asked for keys: none is echoed or dropped. Without one, what click reads."""

    def __init__(self) -> None:
        self._is_terminal = sys.stdin.isatty()
        self.keys = Keys(_one_byte, _waits) if self._is_terminal else Keys(typer.getchar, lambda: False)

    @contextmanager
    def by_key(self) -> Generator[None]:
        """Keys come one by one, Ctrl-C too. Unlike click's, this mode begins and ends without a flush."""
        with self._mode(lined=False):
            yield

    @contextmanager
    def by_line(self) -> Generator[None]:
        """Lines with echo and Enter, in the middle of keys."""
        with self._mode(lined=True):
            yield

    @contextmanager
    def _mode(self, *, lined: bool) -> Generator[None]:
        if not self._is_terminal:
            yield
            return
        import termios

        before, changed = (termios.tcgetattr(sys.stdin) for _ in range(2))
        of_lines = termios.ICANON | termios.ECHO | termios.ISIG
        changed[3] = changed[3] | of_lines if lined else changed[3] & ~of_lines
        try:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, changed)
            yield
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _one_byte() -> str:
    """A byte and no more, so that a line that is asked for next still finds what was typed ahead."""
    return os.read(sys.stdin.fileno(), 1).decode("latin-1")


def _waits() -> bool:
    return bool(select.select([sys.stdin], [], [], 0.05)[0])

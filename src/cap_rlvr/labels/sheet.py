"""The labels given so far: a file that is appended to, so that quitting loses nothing and resuming asks nothing twice."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.files import append_line, write_whole
from cap_rlvr.wire.frozen import Frozen

Verdict = Literal["", "gold_right", "gold_wrong", "unclear"]


class Label(Frozen):
    """One answer of a person. ``agrees`` is None where the question was skipped.

    ``verdict`` is the second look, with the gold in sight, at a row on which the first did not agree; ``why`` says what
    is wrong with the gold; a first that agreed may be looked at again too. ``badly_put``: whatever was answered, the question
    allows of more than one answer or is badly put. ``decoy``: the answer shown had an error put in.
    """

    labels: Literal["developer"] = "developer"
    task: str
    item: str
    row_id: str
    source_kind: str
    stratum: str
    decoy: bool
    answer: str
    agrees: bool | None
    verdict: Verdict = ""
    why: str = ""
    badly_put: bool = False
    gold: str = ""
    rows: str = ""


class Sheet:
    """The labels in a file, in the order they were given, read again when another (a terminal, a page) adds to it.

    Everything raises BadData for a broken line.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._labels: list[Label] = []
        self._stamp: tuple[int, int, int] | None = None
        self._read()

    @property
    def labels(self) -> Sequence[Label]:
        """All labels, the last given at the end."""
        self._read()
        return self._labels

    @property
    def done(self) -> set[str]:
        """The questions that have been answered or skipped."""
        return {label.item for label in self.labels}

    def add(self, label: Label) -> None:
        """Keep a label; it is on the disk when this returns. Raises BadInput where its question has been answered."""
        with self._alone():
            if label.item in self.done:
                raise BadInput("it has been answered meanwhile, elsewhere", label.item, "Go on with the next question")
            append_line(self.path, label.model_dump_json().encode())

    def amend(self, label: Label) -> None:
        """Put a label in the place of the last on the same question. Raises BadInput where there is none."""
        with self._alone():
            labels = list(self.labels)
            places = [place for place, one in enumerate(labels) if one.item == label.item]
            if not places:
                raise BadInput("it has no answer that could be amended", label.item, "Answer it first")
            labels[places[-1]] = label
            write_whole(self.path, b"".join(map(_line, labels)))

    def undo(self) -> Label | None:
        """Take the last label back; None where there is none."""
        with self._alone():
            labels = list(self.labels)
            if not labels:
                return None
            last = labels.pop()
            write_whole(self.path, b"".join(map(_line, labels)))
            return last

    def export(self, path: Path) -> None:
        """Write the labels elsewhere, as JSON lines."""
        write_whole(path, b"".join(map(_line, self.labels)))

    def _read(self) -> None:
        try:
            stat = self.path.stat()
        except (FileNotFoundError, NotADirectoryError):
            self._labels, self._stamp = [], None
            return
        stamp = (stat.st_ino, stat.st_mtime_ns, stat.st_size)
        if stamp == self._stamp:
            return
        labels: list[Label] = []
        for number, line in enumerate(self.path.read_bytes().splitlines(), 1):
            try:
                labels.append(Label.model_validate_json(line))
            except ValidationError:
                raise BadData("this line is no label", f"{self.path}:{number}", "Mend it or delete it") from None
        self._labels, self._stamp = labels, stamp

    @contextmanager
    def _alone(self) -> Generator[None]:
        """Nobody else writes meanwhile. The folder is locked, since a file that is replaced loses its locks."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)


def _line(label: Label) -> bytes:
    return label.model_dump_json().encode() + b"\n"

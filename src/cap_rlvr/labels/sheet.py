"""The labels given so far: a file that is appended to, so that quitting loses nothing and resuming asks nothing twice."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.files import write_whole
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
    """The labels in a file, in the order they were given. Raises BadData for a broken line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.labels: list[Label] = []
        for number, line in enumerate(path.read_bytes().splitlines() if path.is_file() else [], 1):
            try:
                self.labels.append(Label.model_validate_json(line))
            except ValidationError:
                raise BadData("this line is no label", f"{path}:{number}", "Mend it or delete it") from None

    @property
    def done(self) -> set[str]:
        """The questions that have been answered or skipped."""
        return {label.item for label in self.labels}

    def add(self, label: Label) -> None:
        """Keep a label; it is on the disk when this returns."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("ab") as file:
            file.write(_line(label))
            file.flush()
            os.fsync(file.fileno())
        self.labels.append(label)

    def amend(self, label: Label) -> None:
        """Put a label in the place of the last."""
        self.labels[-1] = label
        write_whole(self.path, b"".join(map(_line, self.labels)))

    def undo(self) -> Label | None:
        """Take the last label back; None where there is none."""
        if not self.labels:
            return None
        last = self.labels.pop()
        write_whole(self.path, b"".join(map(_line, self.labels)))
        return last

    def export(self, path: Path) -> None:
        """Write the labels elsewhere, as JSON lines."""
        write_whole(path, b"".join(map(_line, self.labels)))


def _line(label: Label) -> bytes:
    return label.model_dump_json().encode() + b"\n"

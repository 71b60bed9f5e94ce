"""Rows that a person has read and found wrong, by id with the reason: out at the next build, and counted.

A line of `<workspace>/rejects.jsonl` stays until someone deletes it: a row that has since been mended keeps its id only
where the id does not depend on the gold (bluebook), and comes back when its line is gone.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, ValidationError

from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.files import append_line
from cap_rlvr.wire.frozen import Frozen, digest


class Reject(Frozen):
    """``gold`` is the completion that was found wrong, kept for whoever mends the extraction."""

    row_id: str = Field(min_length=1)
    task: str
    why: str = Field(min_length=1)
    gold: str = ""


def read_rejects(path: Path, task: str | None = None) -> dict[str, Reject]:
    """The rejects by row id, of one task or all; of two lines for one row the later holds. Raises BadData for a broken line."""
    if not path.is_file():
        return {}
    found: dict[str, Reject] = {}
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        try:
            one = Reject.model_validate_json(line)
        except ValidationError:
            raise BadData("this line is no reject", f"{path}:{number}", "Mend it or delete it") from None
        if task in (None, one.task):
            found[one.row_id] = one
    return found


def add_reject(path: Path, reject: Reject) -> None:
    """Append a line, on the disk when this returns."""
    append_line(path, reject.model_dump_json().encode())


def rejects_digest(rejects: dict[str, Reject]) -> str:
    """SHA-256 over the ids: what they decide is which rows are out, whatever the reasons say."""
    return digest(sorted(rejects))

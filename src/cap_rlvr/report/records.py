"""Reading a run's JSON lines back; a torn last line (a killed writer) is passed over, any other is an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.frozen import Frozen

R = TypeVar("R", bound=Frozen)


def read_lines(path: Path, model: type[R]) -> list[R]:
    """All records of a JSONL file, [] where there is none. Raises BadData with file and line."""
    return list(_lines(path, model)) if path.exists() else []


def _lines(path: Path, model: type[R]) -> Iterator[R]:
    lines = path.read_bytes().splitlines(keepends=True)
    for number, line in enumerate(lines, start=1):
        if not line.strip() or (number == len(lines) and not line.endswith(b"\n")):
            continue
        try:
            yield model.model_validate_json(line)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            raise BadData(f"{first['loc']}: {first['msg']}", f"{path}:{number}", "Remove the line") from None

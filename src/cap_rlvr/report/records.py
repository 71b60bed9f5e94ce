"""Reading a run's files back; a torn last line (a killed writer) is passed over, any other fault is an error."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.frozen import Frozen
from cap_rlvr.wire.runs import RunRecord

R = TypeVar("R", bound=Frozen)


def read_lines(path: Path, model: type[R]) -> list[R]:
    """All records of a JSONL file, [] where there is none. Raises BadData with file and line."""
    return list(_lines(path, model)) if path.exists() else []


def read_run(folder: Path) -> RunRecord:
    """A run's `run.json`. Raises BadInput where there is no such run, BadData where the file is broken."""
    path = folder / "run.json"
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise BadInput("no run is there", str(path), "See the ids with cap-rlvr status") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadData(
            f"{first['loc']}: {first['msg']}", str(path), "Remove the run's folder, or run it again"
        ) from None


def run_folders(workspace: Path) -> list[Path]:
    """The folders of a workspace's runs, the one whose record was written last at the end."""
    return [path.parent for path in sorted(workspace.glob("runs/*/run.json"), key=lambda path: path.stat().st_mtime)]


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

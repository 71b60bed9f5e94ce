"""Hacks seen in training: one line of `tasks/<name>/hacks.jsonl` each, attacks for ever from then on.

    {"seen": "run-1f2e step 310", "completion": "<answer>A</answer> B", "limit": 0, "ground_truth": {…}}

``limit`` is the most that it may earn. With ``ground_truth`` (the row's, as `/reward` takes it) it is tried against that
alone; without, against every row. A report's rollouts and `rollouts.jsonl` have the completion to paste.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cap_rlvr import tasks
from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.frozen import Frozen

FILE = "hacks.jsonl"


class Hack(Frozen):
    """One output that a policy found."""

    seen: str
    completion: str
    limit: float
    ground_truth: dict[str, Any] | None = None


@cache
def hacks_of(task: str, folder: Path | None = None) -> tuple[Hack, ...]:
    """The hacks of a task, none where no file is. Raises BadData with file and line for a broken one."""
    path = (folder or Path(tasks.__path__[0])) / task / FILE
    if not path.exists():
        return ()
    found: list[Hack] = []
    for number, text in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not text.strip():
            continue
        try:
            found.append(Hack.model_validate_json(text))
        except ValidationError as error:
            why = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(map(str, why["loc"])) or "line"
            raise BadData(f"{place}: {why['msg']}", f"{path}:{number}", "See quality/hacks.py for the form") from None
    return tuple(found)

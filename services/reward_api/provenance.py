"""One prepared row by its id: its prompt, and the case that it was made from where that gives nothing hidden away."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI

from cap_rlvr.corpus.lookup import case_link
from cap_rlvr.wire.rows import Row, Split
from services.reward_api.described import problems
from services.reward_api.examples import Examples
from services.reward_api.problems import Refused
from services.reward_api.row_files import RowGone, UnknownRow, read_row
from services.reward_api.tasks import Example

GONE = "The prepared rows are being replaced; ask again."


class ExampleDetail(Example):
    """``case_id`` and ``case_url`` (null for fiction, and where the source has no page) are null in a hidden split.

    The page of a case tells a citation, and with it the gold of some tasks.
    """

    case_id: str | None
    case_url: str | None


def add(app: FastAPI, known: Any, examples: Examples, open_splits: Sequence[Split]) -> None:
    """Add the route."""

    @app.get("/tasks/{task}/examples/{example_id:path}", responses=problems(404, 503), tags=["tasks"])
    async def show_example(task: str, example_id: str) -> ExampleDetail:  # pyright: ignore[reportUnusedFunction]
        """One prepared row without its gold."""
        row, split = await row_of(examples, task, example_id)
        is_open = split in open_splits
        return ExampleDetail(
            id=example_id,
            task=task,
            split=split,
            prompt=known.get(task).prompt(row.inputs),
            source_kind=row.source_kind,
            kind=row.kind if is_open else None,
            difficulty=row.difficulty if is_open else None,
            case_id=row.case_id if is_open else None,
            case_url=case_link(row.case_id, row.source_kind) if is_open else None,
        )


async def row_of(examples: Examples, task: str, example_id: str, *, reviewer: bool = False) -> tuple[Row, Split]:
    """Read a row by its id; a reviewer gives a row of a closed split its own too.

    Raises Refused: 404 for an unknown task or id, 503 while there are no rows.
    """
    if task not in examples.tasks:
        raise Refused(404, "not_found", f"No such task; choose from {', '.join(examples.tasks)}.", "task")
    rows = examples.index(task)
    if rows is None:
        raise Refused(503, "task_data_missing", f"{task}: {examples.faults.get(task, 'no rows')}.", retry_after=5)
    place = rows.find(example_id, reviewer=reviewer)
    if place is None:
        raise Refused(404, "unknown_example", "No prepared row has this id.", "example_id")
    try:
        return await asyncio.to_thread(read_row, place), place.split
    except UnknownRow:
        raise Refused(404, "unknown_example", "No prepared row has this id.", "example_id") from None
    except (RowGone, OSError, ValueError):
        raise Refused(503, "rows_changed", GONE, retry_after=1) from None

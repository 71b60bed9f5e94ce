"""The reviewers' routes: a row with its gold, "this gold is wrong", and labelling blind to the gold.

What is written is what `cap-rlvr rows reject` and `cap-rlvr label` write, by the same code into the same files.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import structlog
from fastapi import Depends, FastAPI, Query, Request

from cap_rlvr import registry
from cap_rlvr.corpus.lookup import find_cases, sources_of
from cap_rlvr.labels import asking
from cap_rlvr.labels.passages import stretches
from cap_rlvr.labels.printed import cases_of, points_of, shown_spans
from cap_rlvr.labels.sheet import Sheet
from cap_rlvr.wire.errors import BadInput, CapError
from cap_rlvr.wire.rejects import read_rejects
from cap_rlvr.wire.rows import Row, Split
from cap_rlvr.wire.workspace import Workspace
from services.reward_api import review_models as models
from services.reward_api.bodies import read_as, read_body
from services.reward_api.described import body_of, describe, problems
from services.reward_api.desk import Desk
from services.reward_api.examples import Examples
from services.reward_api.problems import Refused
from services.reward_api.provenance import row_of
from services.reward_api.reviewers import insist, why_not

_log = structlog.get_logger("reward_api")
Seed = Annotated[str, Query(max_length=40)]
Rows = Annotated[int, Query(ge=1, le=1000)]
T = TypeVar("T")


def add(app: FastAPI, workspace: Path, examples: Examples, *, lasting: bool) -> None:
    """Add the routes. ``lasting`` is false for a workspace that goes when the service ends."""
    place = Workspace(workspace)
    desk = Desk(workspace)
    one_by_one = asyncio.Lock()
    describe(app, models.Rejection, models.Answer, models.Amendment)
    refusals = problems(400, 403, 404, 408, 409, 413, 415, 503)
    shared: dict[str, Any] = {"responses": refusals, "tags": ["review"], "dependencies": [Depends(insist)]}

    async def apart(call: Callable[[], T]) -> T:
        """In a thread, one call at a time: it reads files and writes them."""
        async with one_by_one:
            return await asyncio.to_thread(_told, call)

    @app.get("/review", tags=["review"])
    async def state(request: Request) -> models.ReviewState:  # pyright: ignore[reportUnusedFunction]
        """Whether you may review, and what has been reviewed."""
        fault = why_not(request)
        if fault:
            return models.ReviewState(allowed=False, why_not=fault, lasting=lasting)
        tasks = await apart(lambda: {name: _reviewed(place, name) for name in registry.names()})
        return models.ReviewState(allowed=True, lasting=lasting, tasks=tasks)

    @app.get("/review/rows/{task}/{example_id:path}", **shared)
    async def show_row(task: str, example_id: str) -> models.RowShown:  # pyright: ignore[reportUnusedFunction]
        """A row with its gold and the passages that it was made from."""
        row, split = await row_of(examples, task, example_id, reviewer=True)
        return await apart(lambda: _row_shown(place, row, split))

    @app.post("/review/rejects", openapi_extra=body_of(models.Rejection), **shared)
    async def reject(request: Request) -> models.Rejected:  # pyright: ignore[reportUnusedFunction]
        """Keep that a row's gold is wrong: it is out at the next build."""
        given = read_as(models.Rejection, await read_body(request))
        row, _ = await row_of(examples, given.task, given.example_id, reviewer=True)
        count = await apart(lambda: _reject(place, row, given.why))
        _log.info("row_rejected", task=row.task, row=row.id)
        return models.Rejected(example_id=row.id, rejected=count)

    @app.get("/review/labels/{task}", **shared)
    async def sheet(task: str, seed: Seed = "1", rows: Rows = 50) -> models.LabelSheet:  # pyright: ignore[reportUnusedFunction]
        """Where a sheet of labels is, with the next question; the gold is not told before the answer."""
        return await apart(lambda: desk.sheet(task, seed, rows))

    @app.post("/review/labels/{task}", openapi_extra=body_of(models.Answer), **shared)
    async def answer(  # pyright: ignore[reportUnusedFunction]
        request: Request, task: str, seed: Seed = "1", rows: Rows = 50
    ) -> models.Revealed:
        """Answer a question or skip it. Where you differ from the gold you see it first, and send a second look."""
        given = read_as(models.Answer, await read_body(request))
        return await apart(lambda: desk.answer(task, seed, rows, given))

    @app.put("/review/labels/{task}", openapi_extra=body_of(models.Amendment), **shared)
    async def amend(  # pyright: ignore[reportUnusedFunction]
        request: Request, task: str, seed: Seed = "1", rows: Rows = 50
    ) -> models.Revealed:
        """Say more of an answer that has been kept."""
        given = read_as(models.Amendment, await read_body(request))
        return await apart(lambda: desk.amend(task, seed, rows, given))

    @app.delete("/review/labels/{task}", **shared)
    async def undo(task: str, seed: Seed = "1") -> models.TakenBack:  # pyright: ignore[reportUnusedFunction]
        """Take the last answer of a sheet back."""
        return models.TakenBack(row_id=await apart(lambda: desk.undo(task, seed)))


def _told(call: Callable[[], T]) -> T:
    """The library's errors as refusals; what stands in a file of ours is named, never quoted."""
    try:
        return call()
    except BadInput as error:
        raise Refused(422, "invalid_request", f"{error.message}. {error.hint}".rstrip(), error.where or None) from None
    except (CapError, OSError) as error:
        detail = str(error) if isinstance(error, CapError) else f"The workspace can't be used: {error.strerror}."
        raise Refused(503, "workspace_unusable", detail) from None


def _reviewed(place: Workspace, task: str) -> models.TaskReviewed:
    sheets = place.labels.glob(f"{task}-*.jsonl")
    return models.TaskReviewed(
        labelled=sum(len(Sheet(path).labels) for path in sheets), rejected=len(read_rejects(place.rejects, task))
    )


def _row_shown(place: Workspace, row: Row, split: Split) -> models.RowShown:
    task = registry.get(row.task)
    ids = cases_of(row)
    cases = find_cases(ids, sources_of(place), row.source_kind)
    rejected = read_rejects(place.rejects).get(row.id)
    gold = task.gold(task.read_truth(row.truth))
    return models.RowShown(
        id=row.id,
        task=row.task,
        split=split,
        kind=row.kind,
        source_kind=row.source_kind,
        evaluation_only=row.evaluation_only,
        gold=gold,
        points=tuple(points_of(row.inputs, gold)),
        rejected=rejected.why if rejected else "",
        cases=models.cases_shown(ids, row, cases),
        passages=models.passages_shown(stretches(shown_spans(row), cases)),
    )


def _reject(place: Workspace, row: Row, why: str) -> int:
    if row.id in read_rejects(place.rejects):
        raise Refused(409, "already_rejected", "This row has been rejected before.", "example_id")
    return asking.reject(place, row, why)

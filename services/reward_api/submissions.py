"""`POST /submissions`: the held-out split scored blind, five times a day a key.

A mean over chosen answers can still say what one of them earned (send blanks beside it). So each task that is answered
needs enough of its examples, figures are rounded, and the number of calls is what bounds how much leaks.
"""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from fastapi import FastAPI, Request

from cap_rlvr.report.intervals import mean_interval
from cap_rlvr.wire.rows import Split
from cap_rlvr.wire.submissions import (
    SubmissionItem,
    SubmissionReply,
    SubmissionRequest,
    TaskStanding,
    submission_receipt,
)
from services.reward_api.bodies import read_as, read_body
from services.reward_api.described import body_of, describe, problems
from services.reward_api.examples import Examples
from services.reward_api.judging import Judging
from services.reward_api.problems import Refused
from services.reward_api.verdicts import Verdict

HELD_OUT: Split = "test"
A_DAY = 5
# A task's own mean over one or two examples would give their rewards away; a smaller split must be answered whole.
MIN_OF_A_TASK = 20
DECIMALS = 3


class Ledger:
    """How often each key has submitted today (UTC). It lives as long as this process."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._day = now().date()
        self._used: Tally[str] = Tally()

    @contextmanager
    def slot(self, key: str) -> Generator[int]:
        """Take one of the day's calls, and give it back if nothing comes of it; yields how many are left.

        Raises Refused, 429, when they are used up.
        """
        now = self._now()
        if now.date() != self._day:
            self._day = now.date()
            self._used.clear()
        if self._used[key] >= A_DAY:
            tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
            detail = f"This key has sent its {A_DAY} submissions of today (UTC)."
            wait = int((tomorrow - now).total_seconds()) + 1
            raise Refused(429, "submissions_used_up", detail, retry_after=wait)
        self._used[key] += 1
        try:
            yield A_DAY - self._used[key]
        except BaseException:
            self._used[key] = max(0, self._used[key] - 1)
            raise


def add(app: FastAPI, judging: Judging, examples: Examples) -> None:
    """Add the route."""
    ledger = Ledger()
    app.state.submissions = ledger
    describe(app, SubmissionRequest)
    extra = body_of(SubmissionRequest)
    codes = problems(400, 403, 408, 413, 422, 429, 503)

    @app.post("/submissions", responses=codes, openapi_extra=extra, tags=["scoring"])
    async def submissions(request: Request) -> SubmissionReply:  # pyright: ignore[reportUnusedFunction]
        """Score at least 100 different examples of the split `test` blind: means, intervals and counts by task.

        Each task that is answered needs 20 of its examples, or all it has. Five calls a day and key; one that is
        refused, or not judged in time (503, ask again), is not counted.
        """
        try:
            submission = read_as(SubmissionRequest, await read_body(request), SubmissionItem)
            _check(submission, examples)
            with ledger.slot(getattr(request.state, "key_id", None) or "anonymous") as left:
                corpus = examples.corpus
                items = [one.item() for one in submission.items]
                judged = await judging.judge(request, items, (HELD_OUT,))
                if any(verdict.status == "error" for verdict in judged.verdicts):
                    late = sum(verdict.status == "error" for verdict in judged.verdicts)
                    raise Refused(503, "not_judged", f"{late} answers were not judged in time.", retry_after=5)
                tasks = [item.task for item in items]
                standings = await asyncio.to_thread(_standings, tasks, judged.verdicts)
        except Refused as refused:
            raise judging.refuse(refused) from None
        scorers = judging.scorers(items)
        return SubmissionReply(
            request_id=request.state.request_id,
            tasks=standings,
            left_today=left,
            scorers=scorers,
            corpus=corpus,
            receipt=submission_receipt(submission, standings, scorers, corpus),
        )


def _check(submission: SubmissionRequest, examples: Examples) -> None:
    """Raises Refused for an example that is not held out or answered twice, and for a task with too few."""
    seen: set[tuple[str, str]] = set()
    for index, item in enumerate(submission.items):
        field = f"items.{index}.example_id"
        rows = examples.index(item.task)
        if rows is None:
            detail = f"There are no rows of a task named {item.task[:100]!r} here."
            raise Refused(422, "no_rows", detail, f"items.{index}.task")
        place = rows.find(item.example_id)
        if place is None or place.split != HELD_OUT:
            raise Refused(422, "not_held_out", f"No row of split {HELD_OUT} has this example_id.", field)
        if (item.task, item.example_id) in seen:
            raise Refused(422, "answered_twice", "Each example may be answered once.", field)
        seen.add((item.task, item.example_id))
    for task, count in sorted(Tally(item.task for item in submission.items).items()):
        rows = examples.index(task)
        least = min(MIN_OF_A_TASK, rows.counts.get(HELD_OUT, 0)) if rows else MIN_OF_A_TASK
        if count < least:
            detail = f"{task} has {count} answers; a task's mean takes at least {least}."
            raise Refused(422, "too_few_of_a_task", detail, "items")


def _standings(tasks: Sequence[str], verdicts: Sequence[Verdict]) -> dict[str, TaskStanding]:
    found: dict[str, TaskStanding] = {}
    for task in sorted(set(tasks)):
        own = [verdict for name, verdict in zip(tasks, verdicts, strict=True) if name == task]
        results: list[dict[str, Any]] = [orjson.loads(verdict.core) for verdict in own]
        rewards = [result["reward"] for result in results if result["status"] == "scored"]
        mean, (low, high) = mean_interval(rewards)
        found[task] = TaskStanding(
            examples=len(own),
            scored=len(rewards),
            parsed=sum(result["parse_mode"] not in (None, "none") for result in results),
            mean=round(mean, DECIMALS) if rewards else None,
            interval=(round(low, DECIMALS), round(high, DECIMALS)) if rewards else None,
        )
    return found

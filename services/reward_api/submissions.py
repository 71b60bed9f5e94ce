"""`POST /submissions`: the held-out split scored blind, five times a day a key.

A mean over chosen answers can still say what one of them earned (send blanks beside it). So each task that is answered
needs enough of its examples, figures are rounded, and the number of calls is what bounds how much leaks.
"""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
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
from services.reward_api.quotas import KEY, Quotas
from services.reward_api.verdicts import Verdict

HELD_OUT: Split = "test"
A_DAY = 5
# A task's own mean over one or two examples would give their rewards away; a smaller split must be answered whole.
MIN_OF_A_TASK = 20
DECIMALS = 3


# The larger of Redis' count and this process's own holds: so neither a restart of the one nor of the other forgets.
SCRIPT = """
local used = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), tonumber(ARGV[1]))
local change = tonumber(ARGV[2])
local full = change > 0 and used >= tonumber(ARGV[3])
if not full then
  used = math.max(0, used + change)
end
redis.call('SET', KEYS[1], used, 'EX', ARGV[4])
return full and -1 or used
"""
_KEPT_S = 2 * 86_400


class Ledger:
    """How often each key has submitted today (UTC), in Redis for all processes.

    Without one it is counted in this process, and said to be in `/readyz` as for quotas.
    """

    def __init__(self, quotas: Quotas, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._quotas = quotas
        self._now = now
        self._used: Tally[tuple[date, str]] = Tally()
        self._answered: dict[tuple[date, str], set[str]] = {}

    @asynccontextmanager
    async def slot(self, key: str, asked: str = "") -> AsyncGenerator[int]:
        """Take one of the day's calls, and give it back if nothing comes of it; yields how many are left.

        What was ``asked`` (a digest) before takes none: the reply may have been lost, and another tells nothing new.
        Raises Refused, 429, when they are used up.
        """
        now = self._now()
        today = (now.date(), key)
        for former in [one for one in self._used if one[0] < now.date() - timedelta(days=1)]:
            del self._used[former]
            self._answered.pop(former, None)
        if asked and asked in self._answered.get(today, ()):
            yield A_DAY - await self._count(today, 0)
            return
        used = await self._count(today, 1)
        if used < 0:
            tomorrow = datetime.combine(now.date() + timedelta(days=1), datetime.min.time(), UTC)
            detail = f"This key has sent its {A_DAY} submissions of today (UTC)."
            wait = int((tomorrow - now).total_seconds()) + 1
            raise Refused(429, "submissions_used_up", detail, retry_after=wait)
        try:
            yield A_DAY - used
        except BaseException:
            await asyncio.shield(self._count(today, -1))
            raise
        self._answered.setdefault(today, set()).add(asked)

    async def _count(self, today: tuple[date, str], change: int) -> int:
        """Add to a day's calls: how many there are then, or -1 where there is no room for one more."""
        name = f"{KEY}submissions:{today[0]}:{today[1]}"
        told = await self._quotas.run(SCRIPT, name, (self._used[today], change, A_DAY, _KEPT_S))
        if told is None:
            told = -1 if change > 0 and self._used[today] >= A_DAY else max(0, self._used[today] + change)
        if told >= 0:
            self._used[today] = max(0, self._used[today] + change)
        return told


def add(app: FastAPI, judging: Judging, examples: Examples, quotas: Quotas) -> None:
    """Add the route."""
    ledger = Ledger(quotas)
    app.state.submissions = ledger
    describe(app, SubmissionRequest)
    extra = body_of(SubmissionRequest)
    codes = problems(400, 403, 408, 413, 422, 429, 503)

    @app.post("/submissions", responses=codes, openapi_extra=extra, tags=["scoring"])
    async def submissions(request: Request) -> SubmissionReply:  # pyright: ignore[reportUnusedFunction]
        """Score at least 100 different examples of the split `test` blind: means, intervals and counts by task.

        Each task that is answered needs 20 of its examples, or all it has. Five calls a day and key; one that is
        refused, or not judged in time (503, ask again), is not counted, nor is the same one again.
        """
        try:
            submission = read_as(SubmissionRequest, await read_body(request), SubmissionItem)
            _check(submission, examples)
            items = [one.item() for one in submission.items]
            asked = submission_receipt(submission, {}, judging.scorers(items), examples.corpus)
            async with ledger.slot(getattr(request.state, "key_id", None) or "anonymous", asked) as left:
                judged = await judging.judge(request, items, (HELD_OUT,))
                if any(verdict.status == "error" for verdict in judged.verdicts):
                    late = sum(verdict.status == "error" for verdict in judged.verdicts)
                    raise Refused(503, "not_judged", f"{late} answers were not judged in time.", retry_after=5)
                tasks = [item.task for item in items]
                standings = await asyncio.to_thread(_standings, tasks, judged.verdicts)
        except Refused as refused:
            raise judging.refuse(refused) from None
        scorers, corpus = judging.scorers(items), judged.corpus
        receipt = submission_receipt(submission, standings, scorers, corpus)
        return SubmissionReply(
            request_id=request.state.request_id,
            tasks=standings,
            left_today=left,
            scorers=scorers,
            corpus=corpus,
            receipt=receipt,
            signature=judging.sign(receipt, request.state.request_id),
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

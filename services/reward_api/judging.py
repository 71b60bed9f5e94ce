"""How every call but `/reward` has items judged: within the caller's quota, timed, counted, and for the record."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext

from fastapi import Request

from cap_rlvr.wire.rows import Split
from cap_rlvr.wire.scoring import RewardItem, ScorerId, Signature
from services.reward_api.metrics import Metrics
from services.reward_api.problems import Refused
from services.reward_api.scoring import Judged, Scoring

# Counts items against the quota of who asks, while the block runs; raises Refused where that is used up.
Charge = Callable[[Request, int], AbstractAsyncContextManager[None]]


def free(_request: Request, _items: int) -> AbstractAsyncContextManager[None]:
    """Where there are no quotas."""
    return nullcontext()


class Judging:
    """``charged`` opens a block for so many items of a request."""

    def __init__(self, scoring: Scoring, metrics: Metrics, charged: Charge = free) -> None:
        self._scoring = scoring
        self._metrics = metrics
        self._charged = charged

    async def judge(
        self, request: Request, items: Sequence[RewardItem], splits: Collection[Split] | None = None
    ) -> Judged:
        """`Scoring.judge`. Raises Refused, also for a used-up quota, which held-out rows don't count against."""
        started = time.perf_counter()
        async with self._charged(request, len(items)) if splits is None else nullcontext():
            judged = await self._scoring.judge(items, splits, request.state.arrived, request.state.caller.family)
        request.state.tally = judged.tally  # the audit log reads it
        self._metrics.answered(judged.tally, time.perf_counter() - started)
        return judged

    def observe(self, items: Sequence[RewardItem], judged: Judged) -> None:
        """Count a batch as training's: neither held-out rows nor former results are."""
        self._scoring.observe(items, judged)

    def refuse(self, refused: Refused) -> Refused:
        """Count a refusal."""
        self._metrics.refused(refused.code)
        return refused

    def sign(self, receipt: str, request_id: str) -> Signature | None:
        """A receipt's signature, where the service has a key for it."""
        return self._scoring.sign(receipt, request_id)

    def scorers(self, items: Sequence[RewardItem]) -> dict[str, ScorerId]:
        """The scorers of the items' tasks."""
        return self._scoring.scorers(items)

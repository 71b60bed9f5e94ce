"""Rewards for a step's completions: asked of the reward service, waited for, never replaced by a zero."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Protocol

from cap_rlvr.wire.errors import Unavailable
from cap_rlvr.wire.scoring import RewardItem, RewardResult

_PAUSE_S = (1.0, 2.0, 5.0, 10.0)  # between tries; the client has its own quick ones within each


class Scorer(Protocol):
    """What is used of `cap_rlvr.clients.reward.RewardClient`."""

    def score(self, items: Sequence[RewardItem]) -> list[RewardResult]: ...


def score_patiently(
    scorer: Scorer, items: Sequence[RewardItem], wait_s: float, on_wait: Callable[[str], None]
) -> list[RewardResult]:
    """Score every item; while the service is away, or answers that a try may help, wait up to ``wait_s``.

    Raises Unavailable when that time is over. Items that can't be judged come back without a reward.
    """
    deadline = time.monotonic() + wait_s
    trouble = ""
    for attempt in range(1_000_000):
        try:
            results = scorer.score(items)
            again = sum(result.retryable and result.status != "scored" for result in results)
            if not again:
                return results
            trouble = f"the reward service could not score {again} of {len(items)} items for now"
        except Unavailable as error:
            trouble = str(error)
        pause = _PAUSE_S[min(attempt, len(_PAUSE_S) - 1)]
        if time.monotonic() + pause > deadline:
            break
        on_wait(f"waiting for the reward service: {trouble}")
        time.sleep(pause)
    raise Unavailable(f"no rewards for {wait_s:.0f} s ({trouble})", "reward service", "Start it and resume the run")

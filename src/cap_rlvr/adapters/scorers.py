"""Who judges for the functions that other systems import: a service, or this process."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from cap_rlvr.clients.reward import RewardClient
from cap_rlvr.rewards.in_process import InProcess
from cap_rlvr.wire.errors import BadInput, Unavailable
from cap_rlvr.wire.scoring import RewardResult

# These systems ask for each answer by itself, from many threads or coroutines at once.
_PARALLEL = 16


@cache
def scorer_at(url: str | None) -> RewardClient | InProcess:
    """The service at a URL, its key from CAP_RLVR_API_KEY; without one, the scorers themselves."""
    return RewardClient(url, parallel=_PARALLEL) if url else InProcess()


def insist_scored(results: Sequence[RewardResult], field: str) -> list[float]:
    """The rewards. Raises BadInput for a label that can't be judged, Unavailable where our own side failed.

    Who has no word for either would train on a 0.0.
    """
    for result in results:
        if result.reward is None:
            text = result.reason.text if result.reason else "no reason was given"
            kind = BadInput if result.status == "unscorable" else Unavailable
            raise kind(text, field, str(result.failure_reason))
    return [result.reward for result in results if result.reward is not None]

"""Verdicts by content: exact, because scorers are deterministic and the key holds the scorer's digest."""

from __future__ import annotations

from collections import OrderedDict

from services.reward_api.verdicts import Verdict

# About a kilobyte a verdict: at most some 100 MB.
CAPACITY = 100_000


class VerdictCache:
    """The most recently used verdicts."""

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._capacity = capacity
        self._verdicts: OrderedDict[bytes, Verdict] = OrderedDict()

    def __len__(self) -> int:
        return len(self._verdicts)

    def get(self, key: bytes) -> Verdict | None:
        verdict = self._verdicts.get(key)
        if verdict is not None:
            self._verdicts.move_to_end(key)
        return verdict

    def put(self, key: bytes, verdict: Verdict) -> None:
        self._verdicts[key] = verdict
        self._verdicts.move_to_end(key)
        if len(self._verdicts) > self._capacity:
            self._verdicts.popitem(last=False)

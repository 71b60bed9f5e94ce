"""Verdicts by content: exact, because scorers are deterministic and the key holds the scorer's digest."""

from __future__ import annotations

from collections import OrderedDict

from services.reward_api.verdicts import Verdict

# About a kilobyte a verdict; but it holds the answer, and that may be as long as a completion.
CAPACITY = 100_000
MOST_BYTES = 128 * 1024 * 1024


class VerdictCache:
    """The most recently used verdicts, so many and of so many bytes at most."""

    def __init__(self, capacity: int = CAPACITY, most_bytes: int = MOST_BYTES) -> None:
        self._capacity = capacity
        self._most_bytes = most_bytes
        self._held = 0
        self._verdicts: OrderedDict[bytes, Verdict] = OrderedDict()

    def __len__(self) -> int:
        return len(self._verdicts)

    def get(self, key: bytes) -> Verdict | None:
        verdict = self._verdicts.get(key)
        if verdict is not None:
            self._verdicts.move_to_end(key)
        return verdict

    def put(self, key: bytes, verdict: Verdict) -> None:
        former = self._verdicts.pop(key, None)
        self._held += len(verdict.core) - (len(former.core) if former else 0)
        self._verdicts[key] = verdict
        while len(self._verdicts) > self._capacity or self._held > self._most_bytes:
            _, gone = self._verdicts.popitem(last=False)
            self._held -= len(gone.core)

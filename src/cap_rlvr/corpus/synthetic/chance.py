"""Seeded chance that depends on its key alone: the same in every process, thread and Python version."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import cache
from typing import TypeVar

T = TypeVar("T")

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15


class Chance:
    """A stream of numbers fixed by 64 bits (SplitMix64, https://prng.di.unimi.it/splitmix64.c)."""

    __slots__ = ("_state", "origin")

    def __init__(self, origin: int) -> None:
        self._state = self.origin = origin

    def fork(self, name: str) -> Chance:
        """A stream of its own for a name; the same however much of this stream, or of other forks, was used before."""
        return Chance(self.origin ^ _name_key(name))

    def below(self, bound: int) -> int:
        """A whole number from 0 to ``bound`` - 1."""
        self._state = state = (self._state + _STEP) & _MASK
        state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & _MASK
        return ((state ^ (state >> 31)) * bound) >> 64

    def between(self, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``, both included."""
        return low + self.below(high - low + 1)

    def happens(self, percent: int) -> bool:
        return self.below(100) < percent

    def pick(self, items: Sequence[T]) -> T:
        return items[self.below(len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """``count`` distinct items (all of them where there are fewer) in a random order."""
        rest = list(items)
        return [rest.pop(self.below(len(rest))) for _ in range(min(count, len(rest)))]


def keyed(*key: object) -> Chance:
    """The stream that belongs to a key: its parts' texts, through BLAKE2."""
    return Chance(_bits("\x1f".join(map(str, key))))


def _bits(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")


@cache
def _name_key(name: str) -> int:
    return _bits(name)

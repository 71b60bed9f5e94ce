"""Which cases of a pool rely on the same authorities, and how strongly: bibliographic coupling, weighted by rarity.

The weight of an authority that k cases of the corpus cite is log(1 + 20/k), and 0 beyond 20: what everyone cites tells
nothing. The strength of a pair is the weight that they share over the geometric mean of what each cites in all, so that
two treatises do not pair by chance.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

MOST_CITED = 20
MIN_SHARED = 2
MIN_STRENGTH = 0.10  # of 27 pairs that were read below it, ten had nothing in common but a standard of review
SAME_CASE = 0.9  # beyond it two records hold one decision, or two of one day in one matter
_SLOTS = 1 << 26

Locators = Sequence[str]


class Citings:
    """How many cases cite each locator, over a corpus of any size, in 128 MB: counts by hash, never too low.

    Two locators in one slot look more cited than they are: gold is lost by that, and none is made.
    """

    def __init__(self) -> None:
        self._counts = np.zeros(_SLOTS, dtype=np.uint16)

    def add(self, locators: Iterable[str]) -> None:
        """Count one case's locators, each once."""
        slots = np.array(sorted({_slot(one) for one in locators}), dtype=np.int64)
        self._counts[slots[self._counts[slots] < np.iinfo(np.uint16).max]] += 1

    def of(self, locator: str) -> int:
        """How many cases cite it, at most."""
        return int(self._counts[_slot(locator)])


def _slot(locator: str) -> int:
    return int.from_bytes(hashlib.blake2b(locator.encode(), digest_size=8).digest()) % _SLOTS


@dataclass(frozen=True)
class Pair:
    """Two cases, by their places in the pool, with the number of rare authorities that they share."""

    one: int
    other: int
    shared: int
    strength: float


class Coupling:
    """The authorities of a pool's cases, parallels merged over all of them.

    ``clusters`` holds for each case all that its locators may name, ``cited`` one a citation: where a misprint keeps
    parallels apart (158 U.S. 441 and 447, both 15 S. Ct. 863), a citation with both would count twice.
    """

    def __init__(self, cases: Sequence[Sequence[Locators]], citings: Citings) -> None:
        merged = _Merged()
        for groups in cases:
            for group in groups:
                merged.add(group)
        self.clusters = [frozenset(merged.find(locator) for group in groups for locator in group) for groups in cases]
        members = merged.members()
        inside = Counter(cluster for clusters in self.clusters for cluster in clusters)
        counts = {
            cluster: max(inside[cluster], *(citings.of(locator) for locator in members[cluster])) for cluster in inside
        }
        self.weights = {cluster: _weight(count) for cluster, count in counts.items()}
        self.cited = [_one_each(groups, merged, inside) for groups in cases]
        self._total = [sum(self.weights[one] for one in sorted(cited)) for cited in self.cited]
        self._merged = merged

    def pairs(self) -> Iterator[Pair]:
        """All pairs of cases that share an authority which is not everyone's, in the pool's order."""
        citing: dict[str, list[int]] = defaultdict(list)
        for place, cited in enumerate(self.cited):
            for cluster in cited:
                if self.weights[cluster]:
                    citing[cluster].append(place)
        shared: dict[tuple[int, int], list[float]] = defaultdict(list)
        for cluster in sorted(citing):
            for pair in combinations(sorted(citing[cluster]), 2):
                shared[pair].append(self.weights[cluster])
        for (one, other), weights in sorted(shared.items()):
            whole = math.sqrt(self._total[one] * self._total[other])
            yield Pair(one, other, len(weights), sum(weights) / whole)

    def shared(self, one: int, other: int) -> list[str]:
        """The rare authorities that two cases have in common, by name."""
        return sorted(name for name in self.cited[one] & self.cited[other] if self.weights[name])

    def is_named(self, name: str, group: Locators) -> bool:
        """Whether a case's group of locators is the authority of that name."""
        return any(self._merged.find(locator) == name for locator in group)

    def cites(self, place: int, locators: Iterable[str]) -> bool:
        """Whether the case at that place cites another one, given by its own locators."""
        return any(self._merged.find(one) in self.clusters[place] for one in locators)


def _one_each(groups: Sequence[Locators], merged: _Merged, inside: Counter[str]) -> frozenset[str]:
    """For each citation of a case the authority that most of its parallels name, if no other citation has it already.

    Of equals the one that more cases cite.
    """
    taken: set[str] = set()
    for group in groups:
        named = Counter(merged.find(locator) for locator in group)
        taken.add(min(named, key=lambda one: (one in taken, -named[one], -inside[one], one)))
    return frozenset(taken)


def _weight(count: int) -> float:
    return math.log(1 + MOST_CITED / count) if count <= MOST_CITED else 0.0


class _Merged:
    """Union-find over locators. Two groups in which one reporter has two places are two authorities: never joined."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}
        self._reporters: dict[str, frozenset[str]] = {}

    def add(self, group: Locators) -> None:
        for locator in group:
            if locator not in self._parent:
                self._parent[locator] = locator
                self._reporters[locator] = frozenset([locator.split("|")[1]])
        for locator in group[1:]:
            self._join(self.find(group[0]), self.find(locator))

    def find(self, locator: str) -> str:
        """The name of the authority; a locator that was never added names itself."""
        while (above := self._parent.get(locator, locator)) != locator:
            self._parent[locator] = self._parent[above]
            locator = above
        return locator

    def members(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = defaultdict(list)
        for locator in self._parent:
            found[self.find(locator)].append(locator)
        return found

    def _join(self, one: str, other: str) -> None:
        if one == other or not self._reporters[one].isdisjoint(self._reporters[other]):
            return
        one, other = sorted((one, other))
        self._parent[other] = one
        self._reporters[one] |= self._reporters.pop(other)

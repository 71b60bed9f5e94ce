"""Which ranks still have room, so that over a source's rows no rank by likeness to the text is the gold's too often."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field

RANKS = (1, 2, 3, 4, 5)
# Of a place's rows, those at one rank. A fifth is chance; a seventh more than that lets rows in that few ranks are open to.
MAX_SHARE = 0.23
SLACK = 0.02  # of a place's rows, by which a rank may lead the one taken least and still be wanted


@dataclass
class RankBooks:
    """How many rows of each place (a source and a kind of prompt) have taken each rank so far."""

    taken: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def open(self, place: str) -> list[int]:
        """The ranks that one more row may take, those taken least first."""
        taken = self.taken[place]
        most = MAX_SHARE * (taken.total() + 1)
        return sorted((rank for rank in RANKS if taken[rank] <= most), key=lambda rank: (taken[rank], rank))

    def wanted(self, place: str) -> set[int]:
        """The ranks so far behind that a row which can take one of them need not look for another."""
        taken = self.taken[place]
        most = min(taken[rank] for rank in RANKS) + 1 + SLACK * taken.total()
        return {rank for rank in RANKS if taken[rank] <= most}

    def take(self, place: str, rank: int) -> None:
        """Count one row more."""
        self.taken[place][rank] += 1

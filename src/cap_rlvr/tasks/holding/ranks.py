"""Give each row a rank that its gold can take so that, over a source's rows, the five ranks stay level."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import combinations

from cap_rlvr.wire.frozen import keyed_order

RANKS = (1, 2, 3, 4, 5)
# Rows between the fullest and the emptiest rank of a place: at most one to five rows that each rank has.
MAX_GAP = 2
ROWS_PER_GAP = 5

Mask = frozenset[int]


@dataclass
class RankBooks:
    """How many rows of each place (a source, kind and split) have taken each rank so far."""

    taken: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def settle(self, place: str, feasible: Sequence[Mask], seed: str) -> list[int | None]:
        """A rank for as many rows as the balance allows, None for the others; ``feasible`` is what each row can take.

        Rows that can take the same ranks are alike, so the choice is a flow from at most 31 kinds of rows to 5 ranks.
        """
        taken = self.taken[place]
        kinds = Counter(mask for mask in feasible if mask)
        level = self._level(taken, kinds)
        flow: Counter[tuple[Mask, int]] = Counter()
        for room in (0, min(MAX_GAP, level // ROWS_PER_GAP)):
            for rank in RANKS:
                while taken[rank] < level + room and _augment(rank, flow, kinds):
                    taken[rank] += 1
        return _deal(feasible, flow, seed)

    @staticmethod
    def _level(taken: Counter[int], kinds: Counter[Mask]) -> int:
        """The highest count that every rank can reach (Hall's condition over all sets of ranks)."""
        level = min(taken[rank] for rank in RANKS)
        while all(
            sum(max(0, level + 1 - taken[rank]) for rank in ranks)
            <= sum(count for mask, count in kinds.items() if mask & set(ranks))
            for size in RANKS
            for ranks in combinations(RANKS, size)
        ):
            level += 1
        return level


def _augment(rank: int, flow: Counter[tuple[Mask, int]], kinds: Counter[Mask]) -> bool:
    """Give one more row to a rank, moving others along a path where that frees one; False where none can come."""
    came: dict[int, tuple[int, Mask]] = {}
    queue = [rank]
    used: Counter[Mask] = Counter()
    for (mask, _), count in flow.items():
        used[mask] += count
    for place in queue:
        for mask in sorted(kinds, key=sorted):
            if place not in mask:
                continue
            if used[mask] < kinds[mask]:
                _shift(place, mask, rank, came, flow)
                return True
            for other in sorted(mask):
                if other != rank and other not in came and flow[mask, other]:
                    came[other] = place, mask
                    queue.append(other)
    return False


def _shift(
    place: int, mask: Mask, rank: int, came: dict[int, tuple[int, Mask]], flow: Counter[tuple[Mask, int]]
) -> None:
    """Enter a free row at ``place`` and pass one row on at each step of the path back to ``rank``."""
    flow[mask, place] += 1
    while place != rank:
        following, moved = came[place]
        flow[moved, place] -= 1
        flow[moved, following] += 1
        place = following


def _deal(feasible: Sequence[Mask], flow: Counter[tuple[Mask, int]], seed: str) -> list[int | None]:
    hands: dict[Mask, list[int]] = {}
    for mask, rank in sorted(flow, key=lambda pair: (sorted(pair[0]), pair[1])):
        hands.setdefault(mask, []).extend([rank] * flow[mask, rank])
    result: list[int | None] = [None] * len(feasible)
    for mask, hand in hands.items():
        rows = [str(index) for index, own in enumerate(feasible) if own == mask]
        for index, rank in zip(keyed_order(rows, seed, "ranks", sorted(mask)), hand, strict=False):
            result[int(index)] = rank
    return result

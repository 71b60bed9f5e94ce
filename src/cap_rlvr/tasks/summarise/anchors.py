"""Where the shown text speaks of a statement: what a brief says must be read there, and its authority be cited there."""

from __future__ import annotations

from dataclasses import dataclass

from cap_rlvr.tasks.summarise.words import salient, sentences, weight, words

WINDOW = 3  # sentences
AFTER = 2  # sentences of the same paragraph behind a window, in which its citations may stand


@dataclass(frozen=True)
class Anchor:
    """The stretch of an opinion that says most of a statement: ``share`` of its terms, by rarity.

    ``start`` is where it begins, ``reach`` where the citations that follow it end.
    """

    share: float
    start: int
    reach: int


class Anchors:
    """The sentences that are shown of an opinion, to find statements in."""

    def __init__(self, opinion: str, ranges: list[tuple[int, int]]) -> None:
        self._opinion = opinion
        self._parts = [
            [
                (low + start, low + end, frozenset(salient(words(opinion[low + start : low + end]))))
                for start, end in sentences(opinion[low:high])
            ]
            for low, high in ranges
        ]

    def of(self, statement: str) -> Anchor:
        """Where a statement stands; of equally good stretches the shortest, then the first."""
        terms = frozenset(salient(words(statement)))
        whole = sum(map(weight, terms)) or 1
        best = Anchor(0.0, 0, 0)
        for size in range(1, WINDOW + 1):
            for part in self._parts:
                for first in range(len(part) - size + 1):
                    said = terms & frozenset[str]().union(*(one[2] for one in part[first : first + size]))
                    share = sum(map(weight, said)) / whole
                    if share > best.share:
                        best = Anchor(share, part[first][0], self._reach(part[first + size - 1 : first + size + AFTER]))
        return best

    def _reach(self, following: list[tuple[int, int, frozenset[str]]]) -> int:
        """The end of the last sentence that stands in the first one's paragraph."""
        reach = following[0][1]
        for start, end, _ in following[1:]:
            if "\n" in self._opinion[reach - 1 : start + 1]:
                break
            reach = end
        return reach

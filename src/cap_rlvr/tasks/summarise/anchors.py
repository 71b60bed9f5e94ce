"""Where the shown text speaks of a statement: what a brief says must be read there, and its authority be cited there."""

from __future__ import annotations

import re
from dataclasses import dataclass

from cap_rlvr.tasks.summarise.words import salient, sentences, weight, words

WINDOW = 3  # sentences
AFTER = 2  # sentences of the same paragraph behind a window, which may be citations alone
MAX_LEAD = 120  # characters of other citations before one
_LEAD = re.compile(
    r"(?:(?:[Ss]ee|[Aa]nd|[Aa]lso|of|the|in|re|parte|v|[A-Z0-9§(][\w'’]*)[ ,;.&)]+)*\(?"
)  # no word of a statement


@dataclass(frozen=True)
class Anchor:
    """The stretch [start, end) of an opinion that says most of a statement: ``share`` of its terms, by rarity.

    ``behind`` are the starts of the sentences after it, in its paragraph.
    """

    share: float
    start: int
    end: int
    behind: tuple[int, ...] = ()


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
                        behind = self._behind(part[first + size - 1 : first + size + AFTER])
                        best = Anchor(share, part[first][0], part[first + size - 1][1], behind)
        return best

    def cites(self, anchor: Anchor, at: int) -> bool:
        """Whether a citation at a place is given for what is said at an anchor: in it, or behind it among citations alone."""
        return anchor.start <= at < anchor.end or any(
            0 <= at - start < MAX_LEAD and bool(_LEAD.fullmatch(self._opinion, start, at)) for start in anchor.behind
        )

    def _behind(self, following: list[tuple[int, int, frozenset[str]]]) -> tuple[int, ...]:
        """The starts of the sentences that stand in the first one's paragraph behind it."""
        found: list[int] = []
        reach = following[0][1]
        for start, end, _ in following[1:]:
            if "\n" in self._opinion[reach - 1 : start + 1]:
                break
            found.append(start)
            reach = end
        return tuple(found)

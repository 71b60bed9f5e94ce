"""Which statements may stand beside a gold as wrong options, and the ranks that a gold can take among them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from rapidfuzz.fuzz import ratio, token_set_ratio

from cap_rlvr.tasks.holding.excerpt import MASK, gapped, stems
from cap_rlvr.tasks.holding.extract import Offer
from cap_rlvr.tasks.holding.likeness import FUNCTION_WORDS, VIEWS, Bags, Shelf, terms
from cap_rlvr.tasks.holding.reward import LETTERS
from cap_rlvr.wire.frozen import keyed_order, keyed_unit
from cap_rlvr.wire.rows import Candidate

if TYPE_CHECKING:
    from cap_rlvr.tasks.holding.likeness import Places

OPTIONS = len(LETTERS)
MAX_SIMILARITY = 75.0
ERA_YEARS = 20
LENGTH_SHARE, LENGTH_WORDS = 0.30, 3
# Of content words, with a holding of another opinion: more may be the same rule in other words, or a like ruling.
MAX_OVERLAP = 0.3
MAX_SAID = 0.4  # of a wrong option's content words, in one sentence of the excerpt
# Of them in three sentences that follow one another, where it has so many there: the court may say it in more than one.
MAX_PASSAGE, MIN_IN_PASSAGE = 0.45, 4
POOL = 400  # candidates nearest in time that one gold looks at; keeps the work linear in the block
CHOICE = 120  # of those that may join it, by a keyed order: enough for any rank that more would open
# Of the views, and never plain TF-IDF or the one near the mask: with none at all a fifth of the rows is lost.
MAX_UNMET = 1
ALL_VIEWS = 2**VIEWS - 1
NEAR = 1 << 2
MUST_MEET = 1 << 1 | NEAR  # plain TF-IDF, and what is near the mask
_BITS = [1 << view for view in range(VIEWS)]
# A syllabus says the opinion's own words again, so that nothing else is as like the opinion. The opinion beside it is shown
# without these shares of the words of the gold.
GAPPED = {"note", "syllabus"}
GAP_SHARES = (0.6, 0.75, 0.9)
NEAREST = 24  # of those less like the text than the gold, distractors come from the nearest: the rest are off topic


@dataclass(frozen=True, eq=False)
class Item:
    candidate: Candidate
    offer: Offer

    @cached_property
    def key(self) -> tuple[str, int, int]:
        return self.candidate.case_id, self.offer.start, self.offer.end

    @cached_property
    def length(self) -> int:
        return len(self.offer.holding.split())

    @cached_property
    def size(self) -> tuple[int, int]:
        """By which options are shorter or longer: words, then characters."""
        return self.length, len(self.offer.holding)

    @cached_property
    def stems(self) -> frozenset[str]:
        return stems(self.offer.holding)

    @cached_property
    def subject(self) -> frozenset[str]:
        return stems(self.offer.subject)

    @cached_property
    def cited(self) -> frozenset[str]:
        return frozenset(self.offer.cited)

    @cached_property
    def known_as(self) -> frozenset[str]:
        return frozenset(self.offer.known_as)

    @cached_property
    def speaks_of(self) -> frozenset[str]:
        return frozenset(self.offer.speaks_of)

    def is_apart_from(self, other: Item) -> bool:
        """Whether neither's case names the other's, so that neither may follow the other."""
        return self.known_as.isdisjoint(other.speaks_of) and other.known_as.isdisjoint(self.speaks_of)

    @cached_property
    def folded(self) -> str:
        return self.offer.holding.lower()

    def __str__(self) -> str:
        return f"{self.candidate.case_id}:{self.offer.field}:{self.offer.start}"


@dataclass(frozen=True)
class Chance:
    """A gold with one of its excerpts, and the items more and less like that than it is, each with the views in which
    it is so, as the bits of a number. ``whole`` is what is shown without its gaps.
    """

    gold: Item
    shown: str
    whole: str
    above: Mapping[Item, int]
    below: Mapping[Item, int]

    @cached_property
    def _said(self) -> list[frozenset[str]]:
        return [stems(sentence) for sentence in re.split(r"[.;:?!]\s|\n", self.whole)]

    @cached_property
    def _passages(self) -> list[frozenset[str]]:
        return [frozenset[str]().union(*self._said[i : i + 3]) for i in range(len(self._said))]

    def says(self, item: Item) -> bool:
        """Whether a sentence or a passage of the excerpt has so many of an item's words that the court may hold that too."""
        if any(len(item.stems & words) >= MAX_SAID * len(item.stems) for words in self._said):
            return True
        most = max(MIN_IN_PASSAGE, MAX_PASSAGE * len(item.stems))
        return any(len(item.stems & words) >= most for words in self._passages)


@dataclass(frozen=True)
class Opening:
    """A gold, the excerpt that asks for it, and the wrong options with which it takes a rank."""

    gold: Item
    shown: str
    others: list[Item]


class Block:
    """The candidates that may meet, in order of year, with what decides whether they do as arrays."""

    def __init__(self, candidates: Sequence[Candidate], seed: str) -> None:
        import numpy as np

        made = [Item(candidate, Offer.model_validate(candidate.payload)) for candidate in candidates]
        self.items = sorted(made, key=lambda item: (item.offer.year, item.key))
        self._places = {item: place for place, item in enumerate(self.items)}
        self._shelf = Shelf(
            [item.offer.holding for item in self.items],
            [item.offer.excerpts[0] for item in self.items if item.offer.excerpts],
        )
        self._stems = Bags([sorted(item.stems) for item in self.items])
        self._stem_counts = np.array([len(item.stems) for item in self.items])
        self._years = np.array([item.offer.year for item in self.items])
        self._lengths = np.array([item.length for item in self.items])
        cases = {case_id: i for i, case_id in enumerate({item.candidate.case_id: None for item in self.items})}
        self._cases = np.array([cases[item.candidate.case_id] for item in self.items])
        suits = {
            name: i
            for i, name in enumerate({item.offer.litigation: None for item in self.items if item.offer.litigation})
        }
        self._suits = np.array([suits.get(item.offer.litigation, -1) for item in self.items])
        self._turns = np.array([keyed_unit(seed, "distractors", item) for item in self.items])

    def chances(self, opinion: Sequence[Item], seed: str) -> Iterator[Chance]:
        """Each holding of an opinion that may be asked for, with each excerpt that asks for it."""
        for gold in keyed_order([item for item in opinion if item.offer.excerpts], seed, "gold"):
            pool = self._pool(gold)
            if len(pool) >= OPTIONS - 1:
                yield from (self._chance(gold, asked, pool) for asked in _asked(gold, seed))

    def _pool(self, gold: Item) -> Places:
        """The places of items that may stand beside a gold, in an order of its own."""
        import numpy as np

        middle = self._places[gold]
        low = max(0, min(middle - POOL // 2, len(self.items) - POOL))
        near = np.arange(low, min(len(self.items), low + POOL))
        gap = np.abs(self._lengths[near] - gold.length)
        fits = np.abs(self._years[near] - gold.offer.year) <= ERA_YEARS
        fits &= gap <= np.maximum(LENGTH_WORDS, LENGTH_SHARE * np.minimum(self._lengths[near], gold.length))
        fits &= self._cases[near] != self._cases[middle]
        fits &= (self._suits[near] < 0) | (self._suits[near] != self._suits[middle])  # no companion case's
        if gold.cited:  # two parentheticals of one case may both be what it held
            fits &= np.array([gold.cited.isdisjoint(self.items[place].cited) for place in near], dtype=bool)
        near = near[fits]
        items = (self.items[int(place)] for place in near)
        near = near[np.array([gold.is_apart_from(item) for item in items], dtype=bool)]
        most = MAX_OVERLAP * np.minimum(self._stem_counts[near], len(gold.stems))
        near = near[self._stems.shared(gold.stems, near) <= most]
        turns = (self._turns[near] - self._turns[middle]) % 1.0
        return near[np.argsort(turns, kind="stable")][:CHOICE]

    def _chance(self, gold: Item, asked: tuple[str, str], pool: Places) -> Chance:
        import numpy as np

        shown, whole = asked
        seen = self._shelf.views(shown, np.append(pool, self._places[gold]))
        seen, mark = seen[:-1], seen[-1]
        above = np.flatnonzero(seen[:, 0] > mark[0])
        below = np.flatnonzero(seen[:, 0] < mark[0])
        below = below[np.argsort(-seen[below, 0], kind="stable")][:NEAREST]

        def agreeing(rows: Places, sign: int) -> dict[Item, int]:
            more = sign * (seen[rows] - mark) > 0
            if sign > 0:
                more |= (seen[rows] == 0) & (mark == 0)  # a view that sees nothing in either does not favour the gold
            views = more @ _BITS
            return {self.items[place]: int(bits) for place, bits in zip(pool[rows], views, strict=True)}

        return Chance(gold, shown, whole, agreeing(above, 1), agreeing(below, -1))


def distractors(
    chance: Chance, rank: int, shorter: Sequence[bool], uses: Mapping[Item, int], seed: str
) -> list[Item] | None:
    """``rank`` - 1 options more like the text than the gold and the others less; None where there are too few.

    Where any is more like it, each view must find one that is, so that no view puts the gold on top more often than
    the first does. Beyond that, each is shorter than the gold or longer as ``shorter`` wishes, and options that have been
    used least come first: then wrong options read like right ones.
    """
    if len(chance.above) < rank - 1 or len(chance.below) < OPTIONS - rank:
        return None
    chosen: list[Item] = []
    for side, wanted in ((chance.above, rank - 1), (chance.below, OPTIONS - rank)):
        unmet = ALL_VIEWS if wanted and (side is chance.above or chance.gold.subject) else 0
        rest = list(side)
        for _ in range(wanted):
            wish = _Wish(chance, side, unmet, shorter[len(chosen)], uses)
            best = _take(rest, wish, chosen)
            if best is None:
                return None
            chosen.append(best)
            unmet &= ~side[best]
        if (unmet.bit_count() > MAX_UNMET or unmet & MUST_MEET) and side is chance.above:
            return None
    return None if rank == 1 and _told_by_caption(chance, chosen, seed) else chosen


def _told_by_caption(chance: Chance, chosen: Sequence[Item], seed: str) -> bool:
    """Whether a note is more like its caption than every other option is, where it is not the one in five that may be."""
    if not chance.gold.subject or keyed_unit(seed, "caption", chance.gold) * OPTIONS < 1:
        return False
    return all(chance.below[item] & NEAR for item in chosen)


@dataclass(frozen=True)
class _Wish:
    """What the next distractor should be like."""

    chance: Chance
    side: Mapping[Item, int]
    unmet: int
    shorter: bool
    uses: Mapping[Item, int]

    def miss(self, item: Item) -> tuple[int, bool, bool, bool, int]:
        """How far an item is from the wish, the smallest first.

        Beside a note stand notes on its subject where there are any: else its caption tells which of five it is.
        """
        agreeing = self.side[item]
        subject = self.chance.gold.subject
        return (
            -(self.unmet & agreeing).bit_count(),
            (item.size < self.chance.gold.size) != self.shorter,
            bool(subject) and subject.isdisjoint(item.subject | item.stems),
            agreeing.bit_count() < VIEWS - MAX_UNMET,
            self.uses.get(item, 0),
        )


def _take(rest: list[Item], wish: _Wish, chosen: Sequence[Item]) -> Item | None:
    """Take out of ``rest`` the item nearest to a wish that may stand with the gold and those chosen, and on the way those
    that may not.
    """
    while rest:
        best = min(rest, key=wish.miss)
        rest.remove(best)
        apart = _unlike(best, wish.chance.gold) and all(_may_stand_together(best, other) for other in chosen)
        if apart and not wish.chance.says(best):
            return best
    return None


def _asked(gold: Item, seed: str) -> Iterator[tuple[str, str]]:
    """The texts that may ask for a gold, each as it is shown and without its gaps."""
    if gold.candidate.kind not in GAPPED:
        yield from ((text, text) for text in gold.offer.excerpts)
        return
    said = keyed_order(sorted(stems(" ".join(terms(gold.offer.holding).keys() - FUNCTION_WORDS))), seed, "gaps", gold)
    for share in keyed_order(GAP_SHARES, seed, "gaps", gold):
        for text in gold.offer.excerpts:
            shown = gapped(text, frozenset(said[: round(share * len(said))]))
            yield shown, text
            if gold.subject:
                yield _without_caption(shown, frozenset(said)), text


def _without_caption(shown: str, said: frozenset[str]) -> str:
    """A note's question with gaps in its caption too, for the words that the note says again."""
    caption, mask, rest = shown.partition(MASK)
    return f"{gapped(caption, said, lead=False)}{mask}{rest}"


@lru_cache(maxsize=2_000)
def _unlike(one: Item, other: Item) -> bool:
    """Whether two options are at most .75 alike, by letters in order and by words in any order."""
    scores = (alike(one.folded, other.folded, score_cutoff=MAX_SIMILARITY) for alike in (ratio, token_set_ratio))
    return all(score <= MAX_SIMILARITY for score in scores)


def shorter_wanted(gold: Item, wanted: int, seed: str) -> list[bool]:
    """For each distractor whether it should be shorter than the gold, so that ``wanted`` of them are."""
    return [place < wanted for place in keyed_order(range(OPTIONS - 1), seed, "length", gold)]


def _may_stand_together(one: Item, other: Item) -> bool:
    return one.candidate.case_id != other.candidate.case_id and _as_long(one, other) and _unlike(one, other)


def _as_long(one: Item, other: Item) -> bool:
    return abs(one.length - other.length) <= max(LENGTH_WORDS, LENGTH_SHARE * min(one.length, other.length))

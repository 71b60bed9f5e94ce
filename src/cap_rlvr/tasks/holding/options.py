"""Which statements may stand beside a gold as wrong options, and the ranks that a gold can take among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from rapidfuzz.fuzz import ratio, token_set_ratio

from cap_rlvr.tasks.holding.excerpt import stems
from cap_rlvr.tasks.holding.extract import Offer
from cap_rlvr.tasks.holding.likeness import VIEWS, Seen, near_mask, rarity, terms, views
from cap_rlvr.tasks.holding.reward import LETTERS
from cap_rlvr.wire.frozen import keyed_order, keyed_unit
from cap_rlvr.wire.rows import Candidate

OPTIONS = len(LETTERS)
MAX_SIMILARITY = 75.0
ERA_YEARS = 20
LENGTH_SHARE, LENGTH_WORDS = 0.30, 3
MAX_OVERLAP = 0.5  # of content words, with a holding of another opinion: more may be the same rule in other words
MAX_OWN_OVERLAP = 0.25  # of content words, with another holding of this opinion: more may be the gold said again
MIN_OWN_DISTANCE = 600  # characters from such a holding: nearer, the text around the mask fits both
POOL = 400  # candidates nearest in time that one gold chooses among; keeps the work linear in the block
MAX_UNMET = 1  # of the views, and never the one near the mask: with none at all the written set shrinks by a fifth
NEAR_VIEW = 2
NEAREST = 24  # of those less like the text than the gold, distractors come from the nearest: the rest are off topic


@dataclass(frozen=True, eq=False)
class Item:
    candidate: Candidate
    offer: Offer
    option: Seen
    texts: tuple[tuple[Seen, Seen], ...]

    @cached_property
    def key(self) -> tuple[str, int, int]:
        return self.candidate.case_id, self.offer.start, self.offer.end

    @cached_property
    def length(self) -> int:
        return len(self.offer.holding.split())

    @cached_property
    def stems(self) -> frozenset[str]:
        return stems(self.offer.holding)

    @cached_property
    def folded(self) -> str:
        return self.offer.holding.lower()

    def __str__(self) -> str:
        return f"{self.candidate.case_id}:{self.offer.field}:{self.offer.start}"


@dataclass(frozen=True)
class Chance:
    """A gold with one of its excerpts, the items more and less like that than it is, and in which views each is so."""

    gold: Item
    shown: int
    above: list[Item]
    below: list[Item]
    agreeing: Mapping[Item, frozenset[int]]


@dataclass(frozen=True)
class Opening:
    """A gold, the excerpt that asks for it, and the wrong options with which it takes a rank.

    ``chance`` is what else it could choose among, None where that is no longer known.
    """

    gold: Item
    shown: int
    others: list[Item]
    chance: Chance | None

    def alone(self) -> Opening:
        """The same without ``chance``, which holds a whole block in memory."""
        return replace(self, chance=None)


def read_items(block: list[Candidate]) -> list[Item]:
    """The block's candidates as the views see them, in order of year."""
    offers = [Offer.model_validate(candidate.payload) for candidate in block]
    options = [terms(offer.holding) for offer in offers]
    texts = [[(terms(text), terms(near_mask(text))) for text in offer.excerpts] for offer in offers]
    weights = rarity([*options, *(shown[0][0] for shown in texts if shown)])
    items = [
        Item(
            candidate,
            offer,
            Seen(option, weights),
            tuple((Seen(whole, weights), Seen(near, weights)) for whole, near in shown),
        )
        for candidate, offer, option, shown in zip(block, offers, options, texts, strict=True)
    ]
    return sorted(items, key=lambda item: (item.offer.year, item.key))


def openings(opinion: list[Item], items: Sequence[Item], seed: str) -> dict[int, Opening]:
    """For each rank that some holding of an opinion can take: that holding and what may stand beside it."""
    found: dict[int, Opening] = {}
    for gold in keyed_order([item for item in opinion if item.texts], seed, "gold"):
        pool = keyed_order(_pool(gold, items), seed, "distractors", gold.key)
        if len(pool) < OPTIONS - 1:
            continue
        for shown in range(len(gold.texts)):
            chance = _chance(gold, shown, pool)
            for rank in range(1, OPTIONS + 1):
                others = None if rank in found else distractors(chance, rank, seed)
                if others:
                    found[rank] = Opening(gold, shown, others, chance)
            if len(found) == OPTIONS:
                return found
    return found


def _chance(gold: Item, shown: int, pool: Sequence[Item]) -> Chance:
    mark = views(*gold.texts[shown], gold.option)
    seen = {item: views(*gold.texts[shown], item.option) for item in pool}
    above = [item for item in pool if seen[item][0] > mark[0]]
    below = sorted((item for item in pool if seen[item][0] < mark[0]), key=lambda item: -seen[item][0])[:NEAREST]
    agreeing = {
        item: frozenset(i for i, view in enumerate(seen[item]) if (view > mark[i] if side is above else view < mark[i]))
        for side in (above, below)
        for item in side
    }
    return Chance(gold, shown, above, below, agreeing)


def _pool(gold: Item, items: Sequence[Item]) -> list[Item]:
    """The items that may stand beside the gold. ``items`` are in order of year."""
    middle = items.index(gold)
    low = max(0, min(middle - POOL // 2, len(items) - POOL))
    return [item for item in items[low : low + POOL] if item is not gold and _may_join(item, gold)]


def _may_join(item: Item, gold: Item) -> bool:
    if abs(item.offer.year - gold.offer.year) > ERA_YEARS:
        return False
    if not _as_long(item, gold):
        return False
    own = item.candidate.case_id == gold.candidate.case_id
    if own and (gold.candidate.kind == "note" or abs(item.offer.start - gold.offer.start) < MIN_OWN_DISTANCE):
        return False  # nothing in the prompt tells one note of a syllabus from the others
    shared = len(item.stems & gold.stems)
    if shared > (MAX_OWN_OVERLAP if own else MAX_OVERLAP) * min(len(item.stems), len(gold.stems)):
        return False
    return _unlike(item, gold)


def _unlike(one: Item, other: Item) -> bool:
    """Whether two options are at most .75 alike, by letters in order and by words in any order."""
    scores = (alike(one.folded, other.folded, score_cutoff=MAX_SIMILARITY) for alike in (ratio, token_set_ratio))
    return all(score <= MAX_SIMILARITY for score in scores)


def distractors(chance: Chance, rank: int, seed: str, uses: Mapping[Item, int] | None = None) -> list[Item] | None:
    """``rank`` - 1 options more like the text than the gold and the others less; None where there are too few.

    Where any is more like it, each view must find one that is, so that no view puts the gold on top more often than
    the first does. Beyond that, options that have been used least come first: then wrong options read like right ones.
    """
    if len(chance.above) < rank - 1 or len(chance.below) < OPTIONS - rank:
        return None
    chosen: list[Item] = []
    shorter = _shorter_wanted(chance.gold, seed)
    for side, wanted in ((chance.above, rank - 1), (chance.below, OPTIONS - rank)):
        unmet = set(range(VIEWS)) if wanted else set[int]()
        rest = [item for item in side if all(_may_stand_together(item, other) for other in chosen)]
        for _ in range(wanted):
            rest = [item for item in rest if not chosen or _may_stand_together(item, chosen[-1])]
            if not rest:
                return None
            place = len(chosen)
            best = min(
                rest,
                key=lambda item: (
                    -len(unmet & chance.agreeing[item]),
                    len(chance.agreeing[item]) < VIEWS - MAX_UNMET,
                    (len(item.folded) < len(chance.gold.folded)) != shorter[place],
                    (uses or {}).get(item, 0),
                ),
            )
            chosen.append(best)
            unmet -= chance.agreeing[best]
        if (len(unmet) > MAX_UNMET or NEAR_VIEW in unmet) and side is chance.above:
            return None
    return chosen


def _shorter_wanted(gold: Item, seed: str) -> list[bool]:
    """For each distractor whether it should be shorter than the gold, so that the gold's place by length is level too."""
    wanted = int(keyed_unit(seed, "length", gold) * OPTIONS)
    return [place < wanted for place in keyed_order(range(OPTIONS - 1), seed, "length", gold)]


def _may_stand_together(one: Item, other: Item) -> bool:
    return one.candidate.case_id != other.candidate.case_id and _as_long(one, other) and _unlike(one, other)


def _as_long(one: Item, other: Item) -> bool:
    return abs(one.length - other.length) <= max(LENGTH_WORDS, LENGTH_SHARE * min(one.length, other.length))

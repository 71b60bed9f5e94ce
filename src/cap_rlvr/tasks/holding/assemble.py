"""Make rows of candidates: choose the gold, its distractors and its letter so that no surface betrays the answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby

from rapidfuzz.fuzz import ratio, token_set_ratio

from cap_rlvr.tasks.holding.excerpt import stems
from cap_rlvr.tasks.holding.extract import TASK, Offer
from cap_rlvr.tasks.holding.likeness import VIEWS, Seen, near_mask, rarity, terms, views
from cap_rlvr.tasks.holding.ranks import RankBooks
from cap_rlvr.tasks.holding.reward import LETTERS
from cap_rlvr.wire.frozen import digest, keyed_order, keyed_unit
from cap_rlvr.wire.rows import Candidate, Refusal, Row, Span

OPTIONS = len(LETTERS)
MAX_SIMILARITY = 75.0
ERA_YEARS = 20
LENGTH_SHARE, LENGTH_WORDS = 0.30, 3
MAX_OWN_OVERLAP = 0.25  # of content words, with another holding of this opinion: more may be the gold said again
MIN_OWN_DISTANCE = 600  # characters from such a holding: nearer, the text around the mask fits both
POOL = 400  # candidates nearest in time that one gold chooses among; keeps the work linear in the block
MAX_UNMET = 1  # of the views, and never the one near the mask: with none at all the written set shrinks by a fifth
NEAR_VIEW = 2
NEAREST = 24  # of those less like the text than the gold, distractors come from the nearest: the rest are off topic


@dataclass(frozen=True, eq=False)
class _Item:
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
    def folded(self) -> str:
        return self.offer.holding.lower()

    def __str__(self) -> str:
        return f"{self.candidate.case_id}:{self.offer.field}:{self.offer.start}"


@dataclass(frozen=True)
class _Chance:
    """A gold with one of its excerpts, the items more and less like that than it is, and in which views each is so."""

    gold: _Item
    shown: int
    above: list[_Item]
    below: list[_Item]
    agreeing: Mapping[_Item, frozenset[int]]


@dataclass
class _Letters:
    """Letters dealt from keyed decks of five, so that over any rows each letter is as frequent as the others."""

    seed: str
    dealt: Counter[str] = field(default_factory=Counter[str])

    def next(self, source: str) -> int:
        deck, place = divmod(self.dealt[source], OPTIONS)
        self.dealt[source] += 1
        return keyed_order(range(OPTIONS), self.seed, "letters", source, deck)[place]


def assemble(blocks: Iterable[list[Candidate]], seed: str) -> Iterator[Row | Refusal]:
    """Rows of each block, at most one per opinion and kind, or why a candidate gave none.

    Within a source, the gold's rank among its options by likeness to the text (TF-IDF cosine) is level over the five
    ranks; what that leaves over is refused as `surplus_rank`.
    """
    books = RankBooks()
    letters = _Letters(seed)
    for block in blocks:
        if block:
            yield from _block(block, seed, books, letters)


def _block(block: list[Candidate], seed: str, books: RankBooks, letters: _Letters) -> Iterator[Row | Refusal]:
    items = _items(block)
    source = str(block[0].source_kind)
    by_case = sorted(items, key=lambda item: item.key)
    opinions = [list(group) for _, group in groupby(by_case, key=lambda item: item.candidate.case_id)]
    chances = [_chances(opinion, items, seed) for opinion in opinions]
    ranks = books.settle(source, [frozenset(chance) for chance in chances], seed)
    uses: Counter[_Item] = Counter()
    for opinion, chance, rank in zip(opinions, chances, ranks, strict=True):
        if rank is None:
            reason = "surplus_rank" if chance else "too_few_distractors"
            yield from (_refusal(item, reason) for item in opinion)
            continue
        gold = chance[rank].gold
        # Use may lead to a dead end; the choice without it is the one that found the rank open.
        others = _distractors(chance[rank], rank, seed, uses) or _distractors(chance[rank], rank, seed) or []
        uses.update(others)
        yield _row(chance[rank], others, letters.next(source), rank, seed)
        yield from (_refusal(item, "one_row_per_opinion") for item in opinion if item is not gold)


def _chances(opinion: list[_Item], items: Sequence[_Item], seed: str) -> dict[int, _Chance]:
    """For each rank that some holding of an opinion can take: that holding and what may stand beside it."""
    chances: dict[int, _Chance] = {}
    for gold in keyed_order(opinion, seed, "gold"):
        pool = keyed_order(_pool(gold, items), seed, "distractors", gold.key)
        for shown in range(len(gold.texts)):
            if len(chances) == OPTIONS:
                return chances
            chance = _chance(gold, shown, pool)
            for rank in range(1, OPTIONS + 1):
                if rank not in chances and _distractors(chance, rank, seed):
                    chances[rank] = chance
    return chances


def _chance(gold: _Item, shown: int, pool: Sequence[_Item]) -> _Chance:
    mark = views(*gold.texts[shown], gold.option)
    seen = {item: views(*gold.texts[shown], item.option) for item in pool}
    above = [item for item in pool if seen[item][0] > mark[0]]
    below = sorted((item for item in pool if seen[item][0] < mark[0]), key=lambda item: -seen[item][0])[:NEAREST]
    agreeing = {
        item: frozenset(i for i, view in enumerate(seen[item]) if (view > mark[i] if side is above else view < mark[i]))
        for side in (above, below)
        for item in side
    }
    return _Chance(gold, shown, above, below, agreeing)


def _pool(gold: _Item, items: Sequence[_Item]) -> list[_Item]:
    """The items that may stand beside the gold. ``items`` are in order of year."""
    middle = items.index(gold)
    low = max(0, min(middle - POOL // 2, len(items) - POOL))
    return [item for item in items[low : low + POOL] if item is not gold and _may_join(item, gold)]


def _may_join(item: _Item, gold: _Item) -> bool:
    if abs(item.offer.year - gold.offer.year) > ERA_YEARS:
        return False
    if not _as_long(item, gold):
        return False
    if item.candidate.case_id == gold.candidate.case_id:
        if abs(item.offer.start - gold.offer.start) < MIN_OWN_DISTANCE:
            return False
        mine, its = stems(gold.offer.holding), stems(item.offer.holding)
        if len(mine & its) > MAX_OWN_OVERLAP * min(len(mine), len(its)):
            return False
    return _unlike(item, gold)


def _unlike(one: _Item, other: _Item) -> bool:
    """Whether two options are at most .75 alike, by letters in order and by words in any order."""
    scores = (alike(one.folded, other.folded, score_cutoff=MAX_SIMILARITY) for alike in (ratio, token_set_ratio))
    return all(score <= MAX_SIMILARITY for score in scores)


def _distractors(chance: _Chance, rank: int, seed: str, uses: Mapping[_Item, int] | None = None) -> list[_Item] | None:
    """``rank`` - 1 options more like the text than the gold and the others less; None where there are too few.

    Where any is more like it, each view must find one that is, so that no view puts the gold on top more often than
    the first does. Beyond that, options that have been used least come first: then wrong options read like right ones.
    """
    chosen: list[_Item] = []
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


def _shorter_wanted(gold: _Item, seed: str) -> list[bool]:
    """For each distractor whether it should be shorter than the gold, so that the gold's place by length is level too."""
    wanted = int(keyed_unit(seed, "length", gold) * OPTIONS)
    return [place < wanted for place in keyed_order(range(OPTIONS - 1), seed, "length", gold)]


def _may_stand_together(one: _Item, other: _Item) -> bool:
    return one.candidate.case_id != other.candidate.case_id and _as_long(one, other) and _unlike(one, other)


def _as_long(one: _Item, other: _Item) -> bool:
    return abs(one.length - other.length) <= max(LENGTH_WORDS, LENGTH_SHARE * min(one.length, other.length))


def _row(chance: _Chance, others: Sequence[_Item], letter: int, rank: int, seed: str) -> Row:
    gold, offer = chance.gold, chance.gold.offer
    options = [*keyed_order(others, seed, "order", gold.key)]
    options.insert(letter, gold)
    listed = "\n".join(f"{LETTERS[i]}. {item.offer.holding}" for i, item in enumerate(options))
    spans = [_span(item, "gold" if item is gold else f"option {LETTERS[i]}") for i, item in enumerate(options)]
    return Row(
        id=f"{TASK}-{digest([*gold.key, gold.candidate.kind, offer.holding])[:16]}",
        case_id=gold.candidate.case_id,
        task=TASK,
        inputs=f"{offer.excerpts[chance.shown]}\n\n{listed}",
        spans=tuple(sorted(spans, key=lambda span: span.role != "gold")),
        source_kind=gold.candidate.source_kind,
        kind=gold.candidate.kind,
        difficulty=(rank - 1) / (OPTIONS - 1),
        truth={"choices": [item.offer.holding for item in options], "answer_idx": letter},
    )


def _span(item: _Item, role: str) -> Span:
    offer = item.offer
    return Span(case_id=item.candidate.case_id, field=offer.field, start=offer.start, end=offer.end, role=role)


def _refusal(item: _Item, reason: str) -> Refusal:
    detail = f"{item.candidate.kind}: {item.offer.holding[:80]}"
    return Refusal(case_id=item.candidate.case_id, task=TASK, reason=reason, detail=detail)


def _items(block: list[Candidate]) -> list[_Item]:
    """The block's candidates as the views see them, in order of year."""
    offers = [Offer.model_validate(candidate.payload) for candidate in block]
    options = [terms(offer.holding) for offer in offers]
    texts = [[(terms(text), terms(near_mask(text))) for text in offer.excerpts] for offer in offers]
    weights = rarity([*options, *(shown[0][0] for shown in texts)])
    items = [
        _Item(
            candidate,
            offer,
            Seen(option, weights),
            tuple((Seen(whole, weights), Seen(near, weights)) for whole, near in shown),
        )
        for candidate, offer, option, shown in zip(block, offers, options, texts, strict=True)
    ]
    return sorted(items, key=lambda item: (item.offer.year, item.key))

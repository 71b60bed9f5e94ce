"""Make rows of candidates: choose the gold, its distractors and its letter so that no surface betrays the answer."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from rapidfuzz.fuzz import ratio, token_set_ratio

from cap_rlvr.law.holdings import content_words
from cap_rlvr.tasks.holding.extract import TASK, Offer
from cap_rlvr.tasks.holding.ranks import RankBooks
from cap_rlvr.tasks.holding.reward import LETTERS
from cap_rlvr.wire.frozen import digest, keyed_order
from cap_rlvr.wire.rows import Candidate, Refusal, Row, Span

OPTIONS = len(LETTERS)
MAX_SIMILARITY = 75.0
ERA_YEARS = 20
LENGTH_SHARE, LENGTH_WORDS = 0.30, 3
MAX_OWN_OVERLAP = 0.5  # of content words, with another holding of the same opinion: more may be the gold said again
POOL = 400  # candidates nearest in time that one gold chooses among; keeps the work linear in the block
NEAREST = 12  # of those less like the text than the gold, distractors come from the nearest: the rest are off topic

Vector = Mapping[str, float]


@dataclass(frozen=True)
class _Item:
    candidate: Candidate
    offer: Offer
    length: int
    option: Vector
    context: Vector

    @property
    def key(self) -> tuple[str, int, int]:
        return self.candidate.case_id, self.offer.start, self.offer.end


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
    chances: list[dict[int, tuple[_Item, list[_Item]]]] = []
    opinions: list[list[_Item]] = []
    for _, group in groupby(sorted(items, key=lambda item: item.key), key=lambda item: item.candidate.case_id):
        opinion = list(group)
        opinions.append(opinion)
        chances.append(_chances(opinion, items, seed))
    ranks = books.settle(source, [frozenset(chance) for chance in chances], seed)
    for opinion, chance, rank in zip(opinions, chances, ranks, strict=True):
        if rank is None:
            reason = "surplus_rank" if chance else "too_few_distractors"
            yield from (_refusal(item, reason) for item in opinion)
            continue
        gold, others = chance[rank]
        yield _row(gold, others, letters.next(source), rank, seed)
        yield from (_refusal(item, "one_row_per_opinion") for item in opinion if item is not gold)


def _chances(opinion: list[_Item], items: Sequence[_Item], seed: str) -> dict[int, tuple[_Item, list[_Item]]]:
    """For each rank that some holding of an opinion can take: that holding and its four distractors."""
    chances: dict[int, tuple[_Item, list[_Item]]] = {}
    for gold in keyed_order(opinion, seed, "gold"):
        pool = _pool(gold, items)
        for rank in range(1, OPTIONS + 1):
            if rank not in chances:
                others = _distractors(gold, pool, rank, seed)
                if others:
                    chances[rank] = gold, others
    return chances


def _pool(gold: _Item, items: Sequence[_Item]) -> list[_Item]:
    """The items that may stand beside the gold. ``items`` are in order of year."""
    middle = items.index(gold)
    low = max(0, min(middle - POOL // 2, len(items) - POOL))
    return [item for item in items[low : low + POOL] if item is not gold and _may_join(item, gold)]


def _may_join(item: _Item, gold: _Item) -> bool:
    if abs(item.offer.year - gold.offer.year) > ERA_YEARS:
        return False
    if abs(item.length - gold.length) > max(LENGTH_WORDS, LENGTH_SHARE * gold.length):
        return False
    if item.candidate.case_id == gold.candidate.case_id:
        mine, its = content_words(gold.offer.holding), content_words(item.offer.holding)
        if len(mine & its) > MAX_OWN_OVERLAP * min(len(mine), len(its)):
            return False
    return _unlike(item, gold)


def _unlike(one: _Item, other: _Item) -> bool:
    """Whether two options are at most .75 alike, by letters in order and by words in any order."""
    first, second = one.offer.holding.lower(), other.offer.holding.lower()
    return max(ratio(first, second), token_set_ratio(first, second)) <= MAX_SIMILARITY


def _distractors(gold: _Item, pool: Sequence[_Item], rank: int, seed: str) -> list[_Item] | None:
    """Four of the pool: ``rank`` - 1 more like the gold's text than the gold, the others less; None where there are not."""
    mark = _cosine(gold.context, gold.option)
    likeness = [(_cosine(gold.context, item.option), item) for item in pool]
    above = [item for like, item in likeness if like > mark]
    below = [item for _, item in sorted(((like, item) for like, item in likeness if like < mark), key=_by_likeness)]
    chosen: list[_Item] = []
    for side, wanted in ((above, rank - 1), (below[:NEAREST], OPTIONS - rank)):
        full = len(chosen) + wanted
        for item in keyed_order(side, seed, "distractors", gold.key):
            if len(chosen) < full and all(_may_stand_together(item, other) for other in chosen):
                chosen.append(item)
        if len(chosen) < full:
            return None
    return chosen


def _may_stand_together(one: _Item, other: _Item) -> bool:
    return one.candidate.case_id != other.candidate.case_id and _unlike(one, other)


def _by_likeness(pair: tuple[float, _Item]) -> tuple[float, tuple[str, int, int]]:
    return -pair[0], pair[1].key


def _row(gold: _Item, others: Sequence[_Item], letter: int, rank: int, seed: str) -> Row:
    options = [*keyed_order(others, seed, "order", gold.key)]
    options.insert(letter, gold)
    listed = "\n".join(f"{LETTERS[i]}. {item.offer.holding}" for i, item in enumerate(options))
    offer = gold.offer
    spans = [_span(item, "gold" if item is gold else f"option {LETTERS[i]}") for i, item in enumerate(options)]
    return Row(
        id=f"{TASK}-{digest([*gold.key, gold.candidate.kind, offer.holding])[:16]}",
        case_id=gold.candidate.case_id,
        task=TASK,
        inputs=f"{offer.excerpt}\n\n{listed}",
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
    """The block's candidates with their vectors, in order of year."""
    offers = [Offer.model_validate(candidate.payload) for candidate in block]
    counts = [(Counter(_terms(offer.holding)), Counter(_terms(offer.excerpt))) for offer in offers]
    frequency: Counter[str] = Counter(term for pair in counts for count in pair for term in count)
    rarity = {term: math.log((1 + 2 * len(offers)) / (1 + seen)) + 1 for term, seen in frequency.items()}
    items = [
        _Item(candidate, offer, len(offer.holding.split()), _vector(option, rarity), _vector(context, rarity))
        for candidate, offer, (option, context) in zip(block, offers, counts, strict=True)
    ]
    return sorted(items, key=lambda item: (item.offer.year, item.key))


def _terms(text: str) -> list[str]:
    return re.findall(r"[a-z]{2,}|\d+", text.lower())


def _vector(count: Counter[str], rarity: Mapping[str, float]) -> Vector:
    weights = {term: seen * rarity[term] for term, seen in count.items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {term: weight / length for term, weight in weights.items()}


def _cosine(context: Vector, option: Vector) -> float:
    return sum(weight * context.get(term, 0.0) for term, weight in option.items())

"""Make rows of candidates: choose the gold, its distractors and its letter so that no surface betrays the answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from cap_rlvr.tasks.holding.extract import TASK
from cap_rlvr.tasks.holding.options import OPTIONS, Item, Opening, distractors, openings, read_items
from cap_rlvr.tasks.holding.ranks import RankBooks
from cap_rlvr.tasks.holding.reward import LETTERS
from cap_rlvr.wire.frozen import digest, keyed_order
from cap_rlvr.wire.rows import Candidate, Refusal, Row, Span
from cap_rlvr.wire.splits import split_of

MAX_WAITING = (
    200  # opinions of a source, kind and split whose rank is full, kept until later blocks make room; bounds memory
)


@dataclass
class _Letters:
    """Letters dealt from keyed decks of five, so that over any rows each letter is as frequent as the others."""

    seed: str
    dealt: Counter[str] = field(default_factory=Counter[str])

    def next(self, place: str) -> int:
        deck, card = divmod(self.dealt[place], OPTIONS)
        self.dealt[place] += 1
        return keyed_order(range(OPTIONS), self.seed, "letters", place, deck)[card]


@dataclass(frozen=True)
class _Opinion:
    """An opinion's holdings, and for each rank that one of them can take how it takes it."""

    items: list[Item]
    openings: dict[int, Opening]


def assemble(blocks: Iterable[list[Candidate]], seed: str) -> Iterator[Row | Refusal]:
    """Rows of the blocks, at most one per opinion and kind, or why a candidate gave none.

    Within a source, kind and split, the letters are level, and so is the gold's rank among its options by likeness to the
    text (TF-IDF cosine); what that leaves over at the end is refused as `surplus_rank`.
    """
    table = _Table(seed)
    for block in blocks:
        if block:
            yield from table.block(block)
    yield from table.rest()


class _Table:
    """What is kept from block to block: the ranks and letters given, and the opinions that wait for a rank."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._books = RankBooks()
        self._letters = _Letters(seed)
        self._waiting: dict[str, list[_Opinion]] = {}

    def block(self, block: list[Candidate]) -> Iterator[Row | Refusal]:
        items = read_items(block)
        fresh: defaultdict[str, list[_Opinion]] = defaultdict(list)
        for case_id, group in groupby(
            sorted(items, key=lambda item: item.key), key=lambda item: item.candidate.case_id
        ):
            opinion = list(group)
            found = openings(opinion, items, self._seed)
            if found:
                place = "|".join((block[0].source_kind, block[0].kind, split_of(case_id, self._seed)))
                fresh[place].append(_Opinion(opinion, found))
            else:
                yield from _refusals(opinion, "too_few_distractors")
        uses: Counter[Item] = Counter()
        for place in sorted(fresh):
            yield from self._settle(place, fresh[place], uses)

    def rest(self) -> Iterator[Refusal]:
        for place in sorted(self._waiting):
            for opinion in self._waiting[place]:
                yield from _refusals(opinion.items, "surplus_rank")

    def _settle(self, place: str, fresh: list[_Opinion], uses: Counter[Item]) -> Iterator[Row | Refusal]:
        queue = [*self._waiting.pop(place, []), *fresh]
        ranks = self._books.settle(place, [frozenset(opinion.openings) for opinion in queue], self._seed)
        left: list[_Opinion] = []
        for opinion, rank in zip(queue, ranks, strict=True):
            if rank is None:
                left.append(opinion)
                continue
            opening = opinion.openings[rank]
            # Use may lead to a dead end; the choice without it is the one that found the rank open.
            others = (opening.chance and distractors(opening.chance, rank, self._seed, uses)) or opening.others
            uses.update(others)
            yield _row(opening, others, self._letters.next(place), rank, self._seed)
            yield from _refusals([item for item in opinion.items if item is not opening.gold], "one_row_per_opinion")
        for opinion in left[:-MAX_WAITING]:
            yield from _refusals(opinion.items, "surplus_rank")
        self._waiting[place] = [
            _Opinion(opinion.items, {rank: opening.alone() for rank, opening in opinion.openings.items()})
            for opinion in left[-MAX_WAITING:]
        ]


def _row(opening: Opening, others: Sequence[Item], letter: int, rank: int, seed: str) -> Row:
    gold, offer = opening.gold, opening.gold.offer
    options = [*keyed_order(others, seed, "order", gold.key)]
    options.insert(letter, gold)
    listed = "\n".join(f"{LETTERS[i]}. {item.offer.holding}" for i, item in enumerate(options))
    spans = [_span(item, "gold" if item is gold else f"option {LETTERS[i]}") for i, item in enumerate(options)]
    return Row(
        id=f"{TASK}-{digest([*gold.key, gold.candidate.kind, offer.holding])[:16]}",
        case_id=gold.candidate.case_id,
        task=TASK,
        inputs=f"{offer.excerpts[opening.shown]}\n\n{listed}",
        spans=tuple(sorted(spans, key=lambda span: span.role != "gold")),
        source_kind=gold.candidate.source_kind,
        kind=gold.candidate.kind,
        difficulty=(rank - 1) / (OPTIONS - 1),
        truth={"choices": [item.offer.holding for item in options], "answer_idx": letter},
    )


def _span(item: Item, role: str) -> Span:
    offer = item.offer
    return Span(case_id=item.candidate.case_id, field=offer.field, start=offer.start, end=offer.end, role=role)


def _refusals(items: Iterable[Item], reason: str) -> Iterator[Refusal]:
    """Why each holding was not asked for: its own fault, else the reason given."""
    for item in items:
        detail = f"{item.candidate.kind}: {item.offer.holding[:80]}"
        yield Refusal(case_id=item.candidate.case_id, task=TASK, reason=item.offer.unfit or reason, detail=detail)

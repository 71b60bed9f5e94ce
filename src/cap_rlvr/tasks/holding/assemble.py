"""Make rows of candidates: choose the gold, its distractors and its letter so that no surface betrays the answer."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from cap_rlvr.tasks.holding.extract import TASK
from cap_rlvr.tasks.holding.options import OPTIONS, Block, Chance, Item, Opening, distractors, shorter_wanted
from cap_rlvr.tasks.holding.ranks import RankBooks
from cap_rlvr.tasks.holding.reward import LETTERS
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.frozen import digest, keyed_order
from cap_rlvr.wire.rows import Candidate, Refusal, Row, Span
from cap_rlvr.wire.splits import split_of_candidate

ENOUGH = 1_000  # candidates of one place and kind: more would cost memory and find a gold no better company
MAX_LOOKS = 24  # questions in which an opinion looks for the rank that is wanted most
_PLACES = {"syllabus": "head matter", "note": "head matter"}  # kinds whose prompts look alike are levelled together


@dataclass
class _Levels:
    """What golds have been so far in each place (a letter, the shortest or the fourth by length), so that the next makes
    up for it. Where they could choose, over any rows each of the five is as frequent as the others.
    """

    seed: str
    taken: defaultdict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))

    def least(self, *places: str) -> int:
        """The one that was least often taken in the first place, of equals in the next; of equals there, by the key."""
        counts = [self.taken[place] for place in places]
        drawn = keyed_order(range(OPTIONS), self.seed, *places, counts[0].total())
        return min(drawn, key=lambda one: [count[one] for count in counts])

    def take(self, one: int, *places: str) -> None:
        for place in places:
            self.taken[place][one] += 1


def assemble(blocks: Iterable[list[Candidate]], seed: str) -> Iterator[Row | Refusal]:
    """Rows of the blocks, at most one per opinion and kind, or why a candidate gave none.

    The letters are level within a source and split, and within a split; the gold's place among its options by length is
    level within a source and kind of prompt, as far as there are options to choose from; the gold's rank among them by
    likeness to the text (TF-IDF cosine) is bounded there, and what that leaves over is refused as `surplus_rank`.
    """
    table = _Table(seed)
    for stretch in _stretches(blocks):
        yield from table.block(stretch)


def _stretches(blocks: Iterable[list[Candidate]]) -> Iterator[list[Candidate]]:
    """Blocks of one place and kind, decade after decade, put together until there are enough candidates to choose from."""
    stretch: list[Candidate] = []
    for block in filter(None, blocks):
        if stretch and (len(stretch) >= ENOUGH or not _same_but_for_decade(stretch[0], block[0])):
            yield stretch
            stretch = []
        stretch += block
    if stretch:
        yield stretch


def _same_but_for_decade(one: Candidate, other: Candidate) -> bool:
    return one.block.rpartition("|")[0] == other.block.rpartition("|")[0]


class _Table:
    """What is kept from block to block: the ranks, lengths and letters given."""

    def __init__(self, seed: str) -> None:
        self._seed = seed
        self._books = RankBooks()
        self._lengths = _Levels(seed)
        self._letters = _Levels(seed)

    def block(self, candidates: list[Candidate]) -> Iterator[Row | Refusal]:
        block = Block(candidates, self._seed)
        source, kind = candidates[0].source_kind, candidates[0].kind
        place = f"{source}|{_PLACES.get(kind, kind)}"
        opinions: defaultdict[str, list[Item]] = defaultdict(list)
        for item in block.items:
            opinions[item.candidate.case_id].append(item)
        uses: Counter[Item] = Counter()
        for case_id in keyed_order(sorted(opinions), self._seed, "opinions", place):
            items = opinions[case_id]
            chances = islice(block.chances(items, self._seed), MAX_LOOKS)
            chosen = self._choose(place, chances, uses)
            if isinstance(chosen, str):
                yield from _refusals(items, chosen)
                continue
            rank, opening = chosen
            self._books.take(place, rank)
            self._lengths.take(sum(other.size < opening.gold.size for other in opening.others), place)
            uses.update(opening.others)
            yield self._row(opening, rank)
            yield from _refusals([item for item in items if item is not opening.gold], "one_row_per_opinion")

    def _choose(self, place: str, chances: Iterable[Chance], uses: Counter[Item]) -> tuple[int, Opening] | str:
        """The first opening at a rank that is wanted, else one at the rank that has most room; or why there is none."""
        room, wanted = self._books.open(place), self._books.wanted(place)
        length = self._lengths.least(place)
        found: dict[int, Opening] = {}
        reason = "too_few_distractors"
        for chance in chances:
            reason = "surplus_rank"
            shorter = shorter_wanted(chance.gold, length, self._seed)
            for rank in room:
                others = None if rank in found else distractors(chance, rank, shorter, uses, self._seed)
                if others:
                    found[rank] = Opening(chance.gold, chance.shown, others)
                    if rank in wanted:
                        return rank, found[rank]
        return next(((rank, found[rank]) for rank in room if rank in found), reason)

    def _row(self, opening: Opening, rank: int) -> Row:
        candidate = opening.gold.candidate
        split = split_of_candidate(candidate, self._seed)
        decks = f"{candidate.source_kind}|{split}", f"{candidate.source_kind is SourceKind.SYNTHETIC}|{split}"
        letter = self._letters.least(*decks)
        self._letters.take(letter, *decks)
        return _row(opening, letter, rank, self._seed)


def _row(opening: Opening, letter: int, rank: int, seed: str) -> Row:
    gold, offer = opening.gold, opening.gold.offer
    options = [*keyed_order(opening.others, seed, "order", gold.key)]
    options.insert(letter, gold)
    listed = "\n".join(f"{LETTERS[i]}. {item.offer.holding}" for i, item in enumerate(options))
    spans = [_span(item, "gold" if item is gold else f"option {LETTERS[i]}") for i, item in enumerate(options)]
    return Row(
        id=f"{TASK}-{digest([*gold.key, gold.candidate.kind, offer.holding])[:16]}",
        case_id=gold.candidate.case_id,
        task=TASK,
        inputs=f"{opening.shown}\n\n{listed}",
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

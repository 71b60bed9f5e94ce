"""Make rows: a query, its coupled cases as gold, and among the other candidates those that look most like the query."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cap_rlvr.law.authorities import locator_key
from cap_rlvr.tasks.retrieval.coupling import MIN_SHARED, MIN_STRENGTH, SAME_CASE, Citings, Coupling
from cap_rlvr.tasks.retrieval.extract import TASK, Offer
from cap_rlvr.tasks.retrieval.likeness import Likeness, standing
from cap_rlvr.tasks.retrieval.orient import orient
from cap_rlvr.tasks.retrieval.truth import MAX_CHANCE, MOST_ASKED, Listed, RetrievalTruth, chance_of
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.frozen import digest, keyed_order, keyed_unit
from cap_rlvr.wire.rows import Candidate, Refusal, Row, Span

POOL = 2_000  # blocks of one source are put together until they hold as many cases
FEWEST, MOST = 40, 50  # candidates of a row
MOST_GOLD = 6
ROWS_OF_POOL = 2_000  # keeps the time linear in the corpus: a row costs a look at its whole pool
ERA_YEARS = 25
TWIN = 0.5  # of a query's likeness to itself: a text as like as that is analogous, whatever it cites
EASY_SHARE = 0.06  # of a source's rows at most, in which those that look most like the query are paid
CLOSED_SHARE = 0.08
EASY = 0.5  # of difficulty: below it, word overlap alone is paid
WINDOW = 3_000  # places of the pool around a query, its own volume in their middle, that its candidates come from
ABOVE = 3  # of three cases like a gold one, two look more like the query than it does
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"


@dataclass(frozen=True)
class _Case:
    """One case of a pool; ``own`` are its own locators."""

    candidate: Candidate
    offer: Offer

    @cached_property
    def own(self) -> tuple[str, ...]:
        keys = (locator_key(cite) for cite in self.offer.cites)
        return tuple(key for key in keys if key)

    @property
    def id(self) -> str:
        return self.candidate.case_id


@dataclass(frozen=True)
class _Pool:
    """Cases that may meet in a row, and what is known of them together."""

    cases: Sequence[_Case]
    coupling: Coupling
    likeness: Likeness
    citings: Citings


def assemble(blocks: Iterable[list[Candidate]], seed: str) -> Iterator[Row | Refusal]:
    """Rows of each pool, at most one a case. The blocks are walked twice, first to count citations over the corpus.

    Raises TypeError where they can be walked only once.
    """
    if iter(blocks) is blocks:
        raise TypeError("retrieval counts citations over the corpus first: give blocks that can be walked again")
    citings = Citings()
    for block in blocks:
        for one in block:
            citings.add(locator for group in one.payload["authorities"] for locator in group)
    balance = _Balance()
    for pool in _pools(blocks):
        cases = [_Case(one, Offer.model_validate(one.payload)) for one in pool]
        yield from (balance.kept(result) for result in _rows(cases, citings, seed))


@dataclass
class _Balance:
    """Keeps rows that a look at shared words answers few in each source, in the order in which they come."""

    rows: Counter[str] = field(default_factory=Counter[str])
    easy: Counter[str] = field(default_factory=Counter[str])

    def kept(self, result: Row | Refusal) -> Row | Refusal:
        """The row, or its refusal where it is one easy row too many."""
        if isinstance(result, Refusal):
            return result
        source = str(result.source_kind)
        easy = result.difficulty < EASY
        if easy and self.easy[source] + 1 > EASY_SHARE * (self.rows[source] + 1):
            return Refusal(case_id=result.case_id, task=TASK, reason="surplus_likeness")
        self.rows[source] += 1
        self.easy[source] += easy
        return result


def _pools(blocks: Iterable[list[Candidate]]) -> Iterator[list[Candidate]]:
    pool: list[Candidate] = []
    for block in blocks:
        if pool and block and (len(pool) >= POOL or pool[0].source_kind != block[0].source_kind):
            yield pool
            pool = []
        pool = [*pool, *block]
    if pool:
        yield pool


def _rows(cases: Sequence[_Case], citings: Citings, seed: str) -> Iterator[Row | Refusal]:
    coupling = Coupling([one.offer.authorities for one in cases], citings)
    strong = [
        (pair.one, pair.other)
        for pair in coupling.pairs()
        if pair.shared >= MIN_SHARED
        and MIN_STRENGTH <= pair.strength < SAME_CASE
        and not _one_litigation(cases[pair.one], cases[pair.other])
        and _share_more_than_canons(cases[pair.one], cases[pair.other], coupling.shared(pair.one, pair.other), coupling)
    ]
    gold = orient(strong, f"{seed}/{cases[0].id}", MOST_GOLD)
    pool = _Pool(cases, coupling, Likeness([one.offer for one in cases]), citings)
    coupled = {place for pair in strong for place in pair}
    asking = set(keyed_order(sorted(gold), seed, "rows", cases[0].id)[:ROWS_OF_POOL])
    for place, one in enumerate(cases):
        if place in asking:
            yield _row(pool, place, gold[place], seed)
        elif place in gold:
            yield _refusal(one, "enough_of_this_pool")
        else:
            yield _refusal(one, "gold_of_other_rows" if place in coupled else "no_coupled_cases")


def _share_more_than_canons(one: _Case, other: _Case, shared: list[str], coupling: Coupling) -> bool:
    """Whether both cite one of the authorities that they share for more than how to review or to read a statute."""
    return any(all(_relies(case, name, coupling) for case in (one, other)) for name in shared)


def _relies(case: _Case, name: str, coupling: Coupling) -> bool:
    cited = zip(case.offer.authorities, case.offer.passing, strict=True)
    return any(not passing and coupling.is_named(name, group) for group, passing in cited)


def _one_litigation(one: _Case, other: _Case) -> bool:
    same_name = one.offer.litigation and one.offer.litigation == other.offer.litigation
    return bool(same_name) or not set(one.own).isdisjoint(other.own)


def _row(pool: _Pool, place: int, gold: list[int], seed: str) -> Row | Refusal:
    query = pool.cases[place]
    key = f"{seed}/{query.id}"
    size = FEWEST + int(keyed_unit(key, "size") * (MOST - FEWEST + 1))
    others = _others(pool, place, gold, size - len(gold), key)
    if others is None:
        return _refusal(query, "few_candidates")
    shown = keyed_order([*gold, *others], key, "order")
    labels = _labels(len(shown), key)
    listed = [
        Listed(
            id=label,
            case_id=case.id,
            name=case.offer.name,
            cites=case.offer.cites,
            year=case.offer.year,
            courts=case.offer.courts,
            indegree=_indegree(case, pool),
        )
        for label, case in zip(labels, (pool.cases[one] for one in shown), strict=True)
    ]
    positives = tuple(label for label, one in zip(labels, shown, strict=True) if one in gold)
    closed = _closed(query, [pool.cases[one] for one in gold], key)
    truth = RetrievalTruth(
        candidates=tuple(listed),
        positives=positives,
        n=min(MOST_ASKED, len(gold)),
        chance=MAX_CHANCE,
        query=query.id,
        closed_book=closed,
    )
    truth = truth.model_copy(update={"chance": chance_of(truth)})
    blurbs = [f"[{label}] {pool.cases[one].offer.blurb}" for label, one in zip(labels, shown, strict=True)]
    return Row(
        id=f"{TASK}-{digest([query.id, [one.case_id for one in listed], closed])[:16]}",
        case_id=query.id,
        task=TASK,
        inputs=_inputs(query.offer.text, blurbs, truth),
        spans=_spans(pool, place, gold),
        source_kind=query.candidate.source_kind,
        kind="closed_book" if closed else "listed",
        difficulty=_difficulty(pool.likeness.blurbs(place), gold, others, truth),
        evaluation_only=closed,
        truth=truth.model_dump(mode="json"),
    )


def _others(pool: _Pool, place: int, gold: list[int], wanted: int, key: str) -> list[int] | None:
    """The candidates that are not gold: half of the list BM25 neighbours of the query, the rest from about as near as gold.

    None shares an authority with the query, cites it or is cited by it, or says the same in the same words.
    """
    wide, narrow = _eligible(pool, place, gold)
    if len(wide) < wanted:
        return None
    near = pool.likeness.texts(place)
    twin = TWIN * near[place]
    half = (wanted + len(gold)) // 2
    neighbours = sorted((one for one in wide if near[one] < twin), key=lambda one: (-near[one], one))[:half]
    taken = set(neighbours)
    rest = [one for one in (narrow if len(narrow) >= wanted else wide) if one not in taken and near[one] < twin]
    if len(neighbours) + len(rest) < wanted:
        return None
    seen = pool.likeness.blurbs(place)
    return [*neighbours, *_about_as_near(rest, [seen[one] for one in gold], seen, wanted - len(neighbours), key)]


def _about_as_near(rest: list[int], marks: list[float], seen: NDArray[np.float64], wanted: int, key: str) -> list[int]:
    """Cases whose summaries look about as like the query as a gold one's: above and below each in turn, as far as it goes.

    Without them gold would be what looks most like the query after the neighbours, and word overlap would find it.
    """
    shuffled = keyed_order(rest, key, "rest")
    chosen: list[int] = []
    for turn in range(wanted):
        mark, above = marks[turn % len(marks)], turn // len(marks) % ABOVE != 0
        side = [one for one in shuffled if (seen[one] >= mark) == above] or shuffled
        best = min(side, key=lambda one: abs(seen[one] - mark))
        chosen.append(best)
        shuffled.remove(best)
    return chosen


def _eligible(pool: _Pool, place: int, gold: list[int]) -> tuple[list[int], list[int]]:
    """Unrelated cases of the jurisdictions and times of query and gold; and those of them that are of the same volumes."""
    own = [pool.cases[one] for one in (place, *gold)]
    volumes, families = {case.offer.volume for case in own}, {_family(case) for case in own}
    years = [case.offer.year for case in own if case.offer.year is not None]
    window = range(max(0, place - WINDOW // 2), min(len(pool.cases), place + WINDOW // 2))
    wide = [
        other
        for other in window
        if other not in gold
        and _family(pool.cases[other]) in families
        and _near_in_time(pool.cases[other].offer.year, years)
        and _unrelated(pool, place, other)
    ]
    return wide, [other for other in wide if pool.cases[other].offer.volume in volumes]


def _family(case: _Case) -> str:
    return case.candidate.block.split("|")[1]


def _near_in_time(year: int | None, years: list[int]) -> bool:
    return year is None or not years or min(abs(year - one) for one in years) <= ERA_YEARS


def _unrelated(pool: _Pool, place: int, other: int) -> bool:
    """Whether two cases have no authority in common, do not cite one another and are not one litigation."""
    one, two, coupling = pool.cases[place], pool.cases[other], pool.coupling
    if place == other or not coupling.clusters[place].isdisjoint(coupling.clusters[other]):
        return False
    return not (_one_litigation(one, two) or coupling.cites(place, two.own) or coupling.cites(other, one.own))


def _difficulty(seen: NDArray[np.float64], gold: list[int], others: list[int], truth: RetrievalTruth) -> float:
    """0 to EASY where naming what looks most like the query is paid, by how much; EASY to 1 else, by gold's standing."""
    ranked = sorted([*gold, *others], key=lambda one: (-seen[one], one))
    hits = sum(one in gold for one in ranked[: truth.asked]) / truth.asked
    level = truth.chance or 0.0
    if hits > level:
        return round(EASY * (1 - (hits - level) / (1 - level)), 4)
    return round(EASY + (1 - EASY) * (1 - standing(seen, gold, others)), 4)


def _indegree(case: _Case, pool: _Pool) -> int:
    return max((pool.citings.of(locator) for locator in case.own), default=0)


def _closed(query: _Case, gold: list[_Case], key: str) -> bool:
    """Whether the row is asked without its list: real reported cases only, a few, and never to train on."""
    reported = query.candidate.source_kind is SourceKind.STATIC and all(case.own for case in gold)
    return reported and keyed_unit(key, "closed") < CLOSED_SHARE


def _labels(count: int, key: str) -> list[str]:
    """Ids such as `K07` that say nothing, all different, drawn by the key."""
    made: dict[str, None] = {}
    draw = 0
    while len(made) < count:
        at = int(keyed_unit(key, "label", draw) * len(_LETTERS) * 100)
        made[f"{_LETTERS[at // 100]}{at % 100:02}"] = None
        draw += 1
    return list(made)


def _inputs(text: str, blurbs: list[str], truth: RetrievalTruth) -> str:
    number = {2: "two", 3: "three", 4: "four", 5: "five"}[truth.asked]
    if truth.closed_book:
        return f"{text}\n\nFrom memory, cite {number} decisions that are analogous, each by volume, reporter and page."
    listed = "\n".join(blurbs)
    return f"{text}\n\nCandidates:\n{listed}\n\nName the {number} that are analogous, each by its id."


def _spans(pool: _Pool, place: int, gold: list[int]) -> tuple[Span, ...]:
    """What is shown of the query and of gold, and where either cites the authorities that they share."""
    query = pool.cases[place]
    spans = [_span(query, query.offer.text_span, "query")]
    spans += [_span(case, case.offer.blurb_span, "gold") for case in (pool.cases[one] for one in gold)]
    for one in gold:
        for name in pool.coupling.shared(place, one):
            spans += [*_citing(pool, query, name), *_citing(pool, pool.cases[one], name)]
    return tuple(dict.fromkeys(spans))


def _citing(pool: _Pool, case: _Case, name: str) -> Iterator[Span]:
    """Where a case cites an authority; the role tells which it is."""
    role, field = f"shared {name.replace('|', ' ')}", case.offer.text_span[0]
    for group, places in zip(case.offer.authorities, case.offer.places, strict=True):
        if pool.coupling.is_named(name, group):
            yield from (_span(case, (field, start, end), role) for start, end in places)


def _span(case: _Case, place: tuple[str, int, int], role: str) -> Span:
    field, start, end = place
    return Span(case_id=case.id, field=field, start=start, end=end, role=role)


def _refusal(one: _Case, reason: str) -> Refusal:
    return Refusal(case_id=one.id, task=TASK, reason=reason)

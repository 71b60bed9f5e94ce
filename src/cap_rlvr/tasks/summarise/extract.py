"""What one decision offers: its shown text, what is true of it, and the pieces of its canonical brief."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, islice, product
from typing import Any

from cap_rlvr.law.dispositions import Disposition, read_disposition
from cap_rlvr.law.names import sides
from cap_rlvr.law.opinions import later_indexes, majority_index
from cap_rlvr.tasks.summarise import passages
from cap_rlvr.tasks.summarise.compose import compose
from cap_rlvr.tasks.summarise.headnotes import Headnotes, Names, Statement, as_clause, read_headnotes
from cap_rlvr.tasks.summarise.passages import Passage
from cap_rlvr.tasks.summarise.source import arts
from cap_rlvr.tasks.summarise.truth import Brief, Party, Reference, SummariseTruth
from cap_rlvr.tasks.summarise.words import number, salient, stem, weight, words
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.rows import Candidate, Refusal, Span

TASK = "summarise"
MIN_BRIEF, MAX_BRIEF = 102, 196  # words: a margin inside what earns full length
MAX_FACTS = 4  # two, and more only where the brief would be too short
MAX_BRIEFS = 6  # that are offered; the first that reaches the ceiling becomes the gold
MAX_HEAD = 12_000  # characters of head matter that are read
MAX_RUN = 14  # words in common with the source in a statement: it stands in a frame that may add to the run
_PROSECUTION = re.compile(r"\b(?:State|People|Commonwealth|United States|Territory|Regina|Government)\b")
_JUDGED = (
    "affirmed",
    "reversed",
    "vacated",
    "modified",
    "reformed",
    "set aside",
    "annulled",
    "confirmed",
    "rendered",
    "remanded",
)
_OBJECTS = re.compile(
    r"\b(judgment|decree|order|conviction|sentence|motion|petition|demurrer|application|writ|appeal|exceptions|indictment|"
    r"injunction|rule|relator|prisoner|complaint|award|bill|plea)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Text:
    """The court's words as one text, and the opinion that each part of it stands in: (start in text, field, length)."""

    text: str
    parts: tuple[tuple[int, str, int], ...]

    def span(self, case_id: str, start: int, end: int, role: str) -> Span:
        base, field, length = next(part for part in reversed(self.parts) if part[0] <= start)
        return Span(case_id=case_id, field=field, start=start - base, end=min(end - base, length), role=role)


@dataclass(frozen=True)
class _Pieces:
    statements: Sequence[Statement]
    topics: Sequence[str]
    facts: Sequence[Passage]
    rules: Sequence[Passage]
    authority: Passage | None
    posture: Statement | None


def find(case: Case) -> Iterator[Candidate | Refusal]:
    """The brief that a decision with headnotes can be asked for, or why none can."""
    notes = read_headnotes(case.head_matter[:MAX_HEAD]) if case.head_matter else None
    if notes is None:
        yield _refusal(case, "no_reference")
        return
    disposition = read_disposition(case.opinions)
    text = _court_text(case, disposition)
    if disposition is None or text is None:
        yield _refusal(
            case, "no_disposition" if text or majority_index(case.opinions) is not None else "no_majority_opinion"
        )
        return
    if len(text.text) < passages.MIN_CHARS:
        yield _refusal(case, "short_opinion")
        return
    ranges = passages.shown_ranges(text.text)
    order = _order(text, disposition)
    if not any(low <= order[0] and order[1] <= high for low, high in ranges):
        yield _refusal(case, "order_not_shown")
        return
    what = _object(case, disposition)
    if not what:
        yield _refusal(case, "object_unknown", " ".join(disposition.verbs))
        return
    yield from _offer(case, notes, text, disposition.verbs, what)


def _offer(
    case: Case, notes: Headnotes, text: _Text, verbs: tuple[str, ...], what: str
) -> Iterator[Candidate | Refusal]:
    ranges = passages.shown_ranges(text.text)
    shown = f"\n{passages.GAP}\n".join(text.text[low:high].strip() for low, high in ranges)
    name = " ".join((case.name_abbreviation or case.name).split())
    court = ", ".join(part for part in (case.court.name, case.decision_date) if part)
    source = f"{name}\n{court}\n\n{shown}"
    names = Names(f"{case.head_matter[:MAX_HEAD]} {shown}")
    pieces = _pieces(notes, text, ranges, names, source)
    if not pieces.statements or not (pieces.facts or pieces.posture):
        yield _refusal(case, "no_fact" if pieces.statements else "no_statement")
        return
    briefs = list(islice(_briefs(case.id, name, pieces, text, verbs, what), MAX_BRIEFS))
    if not briefs:
        yield _refusal(case, "no_fitting_length")
        return
    reference = Reference(disposition=verbs, syllabus=notes.text, key_parties=_parties(name, shown))
    truth = SummariseTruth(source=source, ground_truth=reference)
    spans = [text.span(case.id, low, high, "shown") for low, high in ranges]
    spans.append(Span(case_id=case.id, field="head_matter", start=notes.start, end=notes.end, role="syllabus"))
    yield Candidate(
        task=TASK,
        case_id=case.id,
        source_kind=case.source,
        kind="headnotes",
        block=f"{case.source}|{case.reporter_slug}|{case.volume}",
        payload={
            "truth": truth.model_dump(mode="json"),
            "spans": [span.model_dump(mode="json") for span in spans],
            "briefs": [
                {"brief": brief.model_dump(mode="json"), "spans": [span.model_dump(mode="json") for span in own]}
                for brief, own in briefs
            ],
            "cut": len(ranges) > 1,
        },
    )


def _court_text(case: Case, disposition: Disposition | None) -> _Text | None:
    first = majority_index(case.opinions)
    if first is None or disposition is None:
        return None
    indexes = [first, *(index for index in later_indexes(case.opinions) if index <= disposition.opinion)]
    parts: list[tuple[int, str, int]] = []
    text = ""
    for index in indexes:
        text += "\n\n" if text else ""
        parts.append((len(text), f"opinions/{index}", len(case.opinions[index].text)))
        text += case.opinions[index].text
    if disposition.opinion not in indexes:  # the line after all opinions tells it
        closing = case.opinions[disposition.opinion].text[disposition.start : disposition.end]
        text += "\n\n"
        parts.append((len(text), f"opinions/{disposition.opinion}", disposition.end))
        text += closing
    return _Text(text, tuple(parts))


def _order(text: _Text, disposition: Disposition) -> tuple[int, int]:
    base, _, length = text.parts[-1]
    if length == disposition.end and len(text.text) - base == disposition.end - disposition.start:
        return base, len(text.text)
    return base + disposition.start, base + disposition.end


def _pieces(notes: Headnotes, text: _Text, ranges: list[tuple[int, int]], names: Names, source: str) -> _Pieces:
    runs = f" {' '.join(words(source))} "
    numbers = {number(word) for word in words(source)}
    own = [one for one in notes.statements if not _copies(one.text, runs) and _numbers(one.text) <= numbers]
    wanted = set(salient(words(notes.text))) & set(salient(words(source)))
    statements = [Statement(as_clause(one.text, names), one.start, one.end) for one in _covering(own, wanted)]
    spoken = {stem(word) for word in words(source)}
    topics = [one for one in notes.topics if salient(words(one)) and spoken.issuperset(salient(words(one)))]
    topics = sorted(topics, key=lambda topic: not arts(words(topic)))[:2]
    topics = topics if arts(words(" ".join(topics))) else []
    happened = _best(list(passages.facts(text.text, ranges, names)), wanted)
    rules = list(passages.rules(text.text, ranges, names))[:3]
    authority = next(iter(passages.authorities(text.text, ranges)), None)
    return _Pieces(statements, topics, happened, rules, authority, notes.posture)


def _copies(statement: str, source_words: str) -> bool:
    said = words(statement)
    return any(f" {' '.join(said[i : i + MAX_RUN + 1])} " in source_words for i in range(len(said) - MAX_RUN))


def _numbers(text: str) -> set[str | None]:
    return {word for word in words(text) if word[0].isdigit()}


def _covering(statements: Sequence[Statement], wanted: set[str]) -> list[Statement]:
    """The statements in the order in which each adds most to the reference's terms, three at most, then as they stand."""
    left = list(statements)
    chosen: list[Statement] = []
    seen: set[str] = set()
    while left and len(chosen) < 3:
        best = max(left, key=lambda one: (_worth((set(salient(words(one.text))) & wanted) - seen), -one.start))
        if not (set(salient(words(best.text))) & wanted) - seen:
            break
        chosen.append(best)
        left.remove(best)
        seen |= set(salient(words(best.text)))
    return sorted(chosen, key=lambda one: one.start)


def _best(found: list[Passage], wanted: set[str]) -> list[Passage]:
    """The facts that share most with what the headnotes speak of, the best first."""
    able = [one for one in found if salient(words(one.text))]
    ranked = sorted(able, key=lambda one: (-_worth(set(salient(words(one.text))) & wanted), one.start))
    kept: list[Passage] = []
    for one in ranked:
        if len(kept) < MAX_FACTS and all(len(set(words(one.text)) & set(words(other.text))) < 6 for other in kept):
            kept.append(one)
    return kept


def _worth(terms: set[str]) -> int:
    return sum(weight(term) for term in terms)


def _briefs(
    case_id: str, name: str, pieces: _Pieces, text: _Text, verbs: tuple[str, ...], what: str
) -> Iterator[tuple[Brief, list[Span]]]:
    """The pieces in the frames that fit the length, best covered first; and where they were read."""
    for count, many in product(range(len(pieces.statements), 0, -1), range(2, MAX_FACTS + 1)):
        told = _told(pieces, many)
        if not told or (many > 2 and len(told) < many):
            continue
        for chosen in combinations(pieces.statements, count):
            for brief, used in _framed(name, chosen, pieces, tuple(one.text for one in told), what):
                if MIN_BRIEF <= len(words(compose(brief, verbs))) <= MAX_BRIEF:
                    head = [
                        *((one, "law") for one in chosen),
                        *((one, "fact") for one in told if isinstance(one, Statement)),
                    ]
                    spans = [
                        Span(case_id=case_id, field="head_matter", start=one.start, end=one.end, role=role)
                        for one, role in head
                    ]
                    own = [
                        *((one, "fact") for one in told if isinstance(one, Passage)),
                        *((one, "law") for one in used),
                    ]
                    yield brief, spans + [text.span(case_id, one.start, one.end, role) for one, role in own]


def _told(pieces: _Pieces, many: int) -> list[Statement | Passage]:
    """So many facts, in the order of the opinion; where it has fewer, how the case came up."""
    told: list[Statement | Passage] = [*sorted(pieces.facts[:many], key=lambda one: one.start)]
    return [pieces.posture, *told] if pieces.posture and len(told) < many else told


def _framed(
    name: str, chosen: Sequence[Statement], pieces: _Pieces, facts: tuple[str, ...], what: str
) -> Iterator[tuple[Brief, list[Passage]]]:
    """Briefs with one, two or three statements of the headnotes; what they leave open is filled from the opinion."""
    cited = [pieces.authority] if pieces.authority else []
    said = [one.text for one in chosen]
    common: dict[str, Any] = {
        "case_name": name,
        "authority": cited[0].text if cited else "",
        "facts": facts,
        "object": what,
    }
    topics = tuple(pieces.topics)
    if len(said) == 3:
        yield Brief(**common, asked=said[0], rule=said[1], held=said[2]), cited
    if len(said) == 2 and topics:
        yield Brief(**common, topics=topics, rule=said[0], held=said[1]), cited
    if len(said) == 2:
        yield Brief(**common, topics=topics[:1], asked=said[0], rule=said[1]), cited
    for rule in pieces.rules[:2] if len(said) == 1 else []:
        if topics:
            yield Brief(**common, topics=topics, rule=rule.text, held=said[0]), [*cited, rule]
        yield Brief(**common, topics=topics[:1], asked=said[0], rule=rule.text), [*cited, rule]
    if len(said) == 1 and topics:
        yield Brief(**common, topics=topics, rule=said[0]), cited


def _object(case: Case, disposition: Disposition) -> str:
    """What the order disposes of, as the order names it; a judgment where only judgments are so disposed of."""
    order = case.opinions[disposition.opinion].text[disposition.start : disposition.end]
    named = _OBJECTS.findall(order)
    if named:
        return named[0].lower()
    return (
        "judgment" if set(disposition.verbs) <= set(_JUDGED) else "appeal" if "dismissed" in disposition.verbs else ""
    )


def _parties(name: str, shown: str) -> tuple[Party, ...]:
    """The two sides; the accused of a criminal case is the defendant, other roles are read from the source when scored."""
    both = sides(name)
    if len(both) != 2:
        return tuple(Party(name=one) for one in both)
    roles = ["", ""]
    for place, side in enumerate(both):
        if _PROSECUTION.search(side) and "ex rel" not in side and " of " not in side:
            roles[1 - place] = "appellant" if place == 1 and "appellant" in shown.lower() else "defendant"
    return tuple(Party(name=one[:120], role=role) for one, role in zip(both, roles, strict=True))


def _refusal(case: Case, reason: str, detail: str = "") -> Refusal:
    return Refusal(case_id=case.id, task=TASK, reason=reason, detail=detail)

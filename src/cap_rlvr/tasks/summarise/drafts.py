"""Pieces of a decision put into the canonical frames: the drafts among which a row's gold is chosen."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product

from cap_rlvr.tasks.summarise import passages
from cap_rlvr.tasks.summarise.anchors import Anchors
from cap_rlvr.tasks.summarise.compose import compose
from cap_rlvr.tasks.summarise.headnotes import Headnotes, Names, Statement, as_clause
from cap_rlvr.tasks.summarise.passages import Passage
from cap_rlvr.tasks.summarise.source import arts
from cap_rlvr.tasks.summarise.truth import Brief
from cap_rlvr.tasks.summarise.words import salient, stem, weight, words

MIN_BRIEF, MAX_BRIEF = 100, 199  # words, four headings among them: up to four short of 100 cost a fiftieth
COURT_BELOW = 150
MAX_RUN = 14  # words in common with the source in a statement: a frame around it may add to the run
MAX_STATEMENTS = 4
SHOWN = 0.5  # of a statement's terms, in one stretch of what is shown: with less there, it speaks of what was cut
MIN_SHARED = 2  # terms of a rule of the opinion that the headnotes have too
_NO_SUBJECT = frozenset(  # of every case: as the subject of an issue they tell nothing
    {
        "defendant",
        "defense",
        "error",
        "evidence",
        "issue",
        "judgment",
        "juror",
        "jury",
        "motion",
        "objection",
        "offense",
    }
    | {"court", "discretion", "plaintiff", "record", "statute", "testimony", "trial", "verdict", "void", "witness"}
)
_SECTION = re.compile(r"(?:[Ss]ections?|[Aa]rticles?|[Ss]ecs?\.|[Aa]rts?\.|§) (\d+)")
_VERB = re.compile(r"\b(?:cannot|can|may|must|is|are|was|were|does|do|did|will|shall|should|has|have|had|would)\b")
FACTS = (2, 3, 1, 4, 0)  # how many facts are tried, in this order
_AGAINST = re.compile(
    r"\b(?:error|erred|erroneous|should|must|not|cannot|no|nor|void|without|only|unless|in(?:sufficient|admissible|competent))\b"
)
_NO_FAULT = re.compile(
    r"\b(?:no|not|nor)(?: \w+)? (?:error|erroneous)\b|\bnot err\b|\bnot well taken\b|\bharmless\b|\bhypercritical\b|\bimmaterial\b"
    r"|\b(?:properly|correctly|rightly|sufficiently)\b|\b(?:is|was|were|are) (?:sufficient|admissible|competent|proper)\b|\bnot (?:be )?(?:disturbed|reversed|considered|reviewed|revised)\b"
    r"|\bnot warrant a reversal\b"
)
_FAULT = re.compile(
    r"\b(?:is|was|were|are|reversible|material|fatal|there being) (?:manifest |reversible )?error\b|\berred\b"
)


@dataclass(frozen=True)
class Pieces:
    """Statements of the headnotes by what they add to the reference's terms, and what the opinion gives beside them.

    ``cited`` has the authority that the opinion gives for a statement or rule, by its text.
    """

    statements: Sequence[Statement]
    topics: Sequence[str]
    facts: Sequence[Passage]
    rules: Sequence[Passage]
    cited: Mapping[str, Passage]
    posture: Statement | None


@dataclass(frozen=True)
class Draft:
    """A brief, and the pieces that it was made of with their roles (`law`, `fact`, `authority`)."""

    brief: Brief
    used: tuple[tuple[Statement | Passage, str], ...]


def gather(notes: Headnotes, opinion: str, ranges: list[tuple[int, int]], names: Names, source: str) -> Pieces:
    """The pieces that may stand in a brief of ``source``: none copies it at length or has a number that it lacks.

    Nor does any state what is not shown of an opinion.
    """
    anchors = Anchors(opinion, ranges)
    least = SHOWN if len(ranges) > 1 else 0.0
    said = words(source)
    runs, known, spoken = f" {' '.join(said)} ", set(said), {stem(word) for word in said}
    told = (Statement(_parted(one.text, runs), one.start, one.end) for one in notes.statements)
    own = [one for one in told if one.text and _names(one.text) <= known and anchors.of(one.text).share >= least]
    wanted = set(salient(words(notes.text))) & spoken
    statements = [Statement(as_clause(one.text, names), one.start, one.end) for one in _covering(own, wanted)]
    topics = [one for one in notes.topics if salient(words(one)) and spoken.issuperset(salient(words(one)))]
    topics = [one for one in topics if one not in _NO_SUBJECT]
    topics = sorted(topics, key=lambda topic: not arts(words(topic)))[:2] or _subjects(statements, arts(said))
    rules = _of_the_case(list(passages.rules(opinion, ranges, names)), wanted)[:3]
    return Pieces(
        statements=statements,
        topics=topics if arts(words(" ".join(topics))) else [],
        facts=_telling(list(passages.facts(opinion, ranges, names)), wanted),
        rules=rules,
        cited=_cited([one.text for one in (*statements, *rules)], list(passages.authorities(opinion, ranges)), anchors),
        posture=notes.posture,
    )


def drafts(pieces: Pieces, name: str, verbs: Sequence[str], what: str, court: str) -> Iterator[Draft]:
    """Drafts of a fitting length, the court named in short ones; those that say most of the headnotes first."""
    for (asked, rule, held, topics), many in product(_slots(pieces), FACTS):
        told = _told(pieces, many)
        law = [one for one in (asked, rule, held) if one]
        if len(told) < many or not (told or held) or _belies([one.text for one in law], verbs):
            continue
        for authority in dict.fromkeys((pieces.cited.get(rule.text), None)):
            brief = Brief(
                case_name=name,
                topics=topics,
                asked=asked.text if asked else "",
                authority=authority.text if authority else "",
                rule=rule.text,
                facts=tuple(one.text for one in told),
                held=held.text if held else "",
                object=what,
            )
            if len(words(compose(brief, verbs))) < COURT_BELOW:
                brief = brief.model_copy(update={"court": court})
            if MIN_BRIEF <= len(words(compose(brief, verbs))) <= MAX_BRIEF:
                cited = [(authority, "authority")] if authority else []
                yield Draft(brief, (*((one, "law") for one in law), *((one, "fact") for one in told), *cited))


_Slots = tuple[Statement | None, Statement | Passage, Statement | None, tuple[str, ...]]


def _slots(pieces: Pieces) -> Iterator[_Slots]:
    """What is asked, the rule, what is held, and the topics: three statements, two, or one with a rule of the opinion."""
    topics = tuple(pieces.topics)
    for asked, rule, held in combinations(pieces.statements, 3):
        yield asked, rule, held, ()
    for one, other in combinations(pieces.statements, 2):
        if topics:
            yield None, one, other, topics
        for rule in pieces.rules[:1]:
            yield one, rule, other, ()
        yield one, other, None, topics[:1]
        yield other, one, None, topics[:1]
    for one in pieces.statements:
        for rule in pieces.rules:
            if topics:
                yield None, rule, one, topics
            yield one, rule, None, topics[:1]
        if topics:
            yield None, one, None, topics


def _told(pieces: Pieces, many: int) -> list[Statement | Passage]:
    """So many facts, in the order of the opinion; where it has fewer, how the case came up."""
    told: list[Statement | Passage] = [*sorted(pieces.facts[:many], key=lambda one: one.start)]
    twice = any("convicted" in one.text for one in told)
    return [pieces.posture, *told] if pieces.posture and len(told) == many - 1 and not twice else told


def _cited(statements: Sequence[str], authorities: Sequence[Passage], anchors: Anchors) -> dict[str, Passage]:
    """The first authority that the opinion cites where it speaks of each statement.

    A statement that names a section itself has no other for its authority.
    """
    found: dict[str, Passage] = {}
    for text in statements:
        anchor = anchors.of(text)
        named = set(_SECTION.findall(text))
        near = [one for one in authorities if anchors.cites(anchor, one.start) and not _is_other(one.text, named)]
        if near and anchor.share >= SHOWN:
            found[text] = near[0]
    return found


def _is_other(authority: str, named: set[str]) -> bool:
    return bool(named) and not named & set(_SECTION.findall(authority))


def _of_the_case(rules: Sequence[Passage], wanted: set[str]) -> list[Passage]:
    """The rules that speak of what the headnotes speak of, in the order of the opinion."""
    return [one for one in rules if len(set(salient(words(one.text))) & wanted) >= MIN_SHARED]


def _belies(law: Sequence[str], verbs: Sequence[str]) -> bool:
    """Whether nothing is told that speaks against a judgment that is reversed, or nothing but faults of one affirmed.

    So it is where the deciding point was left out, or a rehearing undoes the first opinion.
    """
    if "reversed" in verbs and "affirmed" not in verbs:
        return not any(_AGAINST.search(one) and not _NO_FAULT.search(one) for one in law)
    if tuple(verbs) == ("affirmed",):
        return all(_FAULT.search(one) and not _NO_FAULT.search(one) for one in law)
    return False


def _copies(statement: str, source_words: str) -> bool:
    said = words(statement)
    return any(f" {' '.join(said[i : i + MAX_RUN + 1])} " in source_words for i in range(len(said) - MAX_RUN))


def _parted(statement: str, source_words: str) -> str:
    """A statement that does not copy the source at length: as it is, or parted before its verb; else empty."""
    if not _copies(statement, source_words):
        return statement
    for verb in reversed(list(_VERB.finditer(statement))):
        first, second = statement[: verb.start()].rstrip(" ,"), statement[verb.start() :]
        if len(first.split()) > 2 and not _copies(first, source_words) and not _copies(second, source_words):
            return f"{first}, on this view, {second}"
    return ""


def _subjects(statements: Sequence[Statement], law: frozenset[str]) -> list[str]:
    """Where there are no catchwords: the rarest terms of art of the first statement."""
    found = arts(words(statements[0].text)) & law if statements else frozenset[str]()
    found = [term for term in sorted(found) if not term.endswith("ble") and term not in _NO_SUBJECT]
    return sorted(found, key=lambda term: (-max(weight(stem(word)) for word in term.split()), term))[:2]


def _names(text: str) -> set[str]:
    """The numbers in a text and the words that it writes with a capital inside it."""
    capitals = (word for part in text.split()[1:] if part[:1].isupper() for word in words(part))
    return {*capitals, *(word for word in words(text) if word[0].isdigit())}


def _covering(statements: Sequence[Statement], wanted: set[str]) -> list[Statement]:
    """The statements in the order in which each adds most to the reference's terms; the best few as they stand."""
    left = list(statements)
    chosen: list[Statement] = []
    seen: set[str] = set()
    while left and len(chosen) < MAX_STATEMENTS:
        best = max(left, key=lambda one: (_worth((set(salient(words(one.text))) & wanted) - seen), -one.start))
        if not (set(salient(words(best.text))) & wanted) - seen:
            break
        chosen.append(best)
        left.remove(best)
        seen |= set(salient(words(best.text)))
    return [*sorted(chosen[:3], key=lambda one: one.start), *chosen[3:]]


def _telling(found: list[Passage], wanted: set[str]) -> list[Passage]:
    """The facts that share most with what the headnotes speak of, the best first, no two alike."""
    able = [one for one in found if salient(words(one.text))]
    ranked = sorted(able, key=lambda one: (-_worth(set(salient(words(one.text))) & wanted), one.start))
    kept: list[Passage] = []
    for one in ranked:
        alike = any(len(set(words(one.text)) & set(words(other.text))) >= 6 for other in kept)
        if len(kept) < max(FACTS) and not alike:
            kept.append(one)
    return kept


def _worth(terms: set[str]) -> int:
    return sum(weight(term) for term in terms)

"""What ties a summary to its source: how much it copies, what it names that is not there, whom and what it contradicts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import re2

from cap_rlvr.tasks.summarise.source import MIN_SHARED, Key, Statement, contradicts, said_roles, statements
from cap_rlvr.tasks.summarise.words import MIN_SALIENT, FUNCTION_WORDS, is_content, negations, number, salient, stem, weight, words

_re2 = cast(Any, re2)
MAX_RUN = 15
GRAM = 8
MAX_GRAMS = 0.25
CHAIN = 12  # words: a copied passage with a word changed here and there is still a copied passage
MAX_CHAINED = 0.40
MAX_QUOTED_WORDS = 30
NEAR = 20  # words of the source within which two neighbouring terms of a summary belong together
ALIKE_SENTENCE, ALIKE_CLAUSE = 0.85, 0.6  # of the salient terms of both together
_QUOTE = _re2.compile(r'"([^"]{3,600})"')
_VERSUS = _re2.compile(r"([A-Z][A-Za-z.'&-]*),? v(?:s)?\.? (?:[Tt]he )?([A-Z][A-Za-z.'&-]*)")
_EX_PARTE = _re2.compile(r"\b(?:[Ii]n re|[Ee]x parte|[Mm]atter of) ([A-Z][A-Za-z'-]+)")
_LOCATOR = _re2.compile(r"\b(\d{1,4}) ([A-Z][A-Za-z.']*(?: [A-Z0-9][A-Za-z0-9.']*){0,4}),? (\d{1,5})\b")
_STATUTE = _re2.compile(r"(?i)(?:\b(?:sections?|sec\.|articles?|art\.|chapters?|amendment|rules?)|§+) ?(\d{1,5})")
_CAPITALISED = _re2.compile(r"([A-Za-z0-9,;)'\"-]) +((?:[A-Z][a-z]+['-]?)+[A-Za-z]+)")
_OPENING = _re2.compile(r"(?:^|[.?!:]\s+|\n\s*)([A-Z][A-Za-z-]{2,})")
_NOT_NAMES = frozenset(
    (
        "court courts supreme state states united district circuit county city town appeals appeal criminal penal code civil "
        "procedure article section rule act statute constitution amendment clause judge justice chief i issue application "
        "conclusion analysis law english american federal congress legislature january february march april may june july "
        "august september october november december commonwealth government people constitutional territory division"
    ).split()
)


@dataclass(frozen=True)
class Copying:
    """``run`` is the longest run of words in common; ``grams`` and ``chained`` are shares of the summary's words."""

    run: int
    grams: float
    chained: float
    quoted: int


@dataclass(frozen=True)
class Naming:
    """What a summary names: how many names, numbers and citations, which of them the source lacks, what it fabricates."""

    total: int
    strange: tuple[str, ...]
    fabricated: tuple[str, ...]


def copying(key: Key, said: list[str], answer: str) -> Copying:
    """How much of a summary stands in the source as it is, or nearly so."""
    lengths = _runs(key, said)
    windows = max(1, len(said) - GRAM + 1)
    grams = sum(1 for index in range(len(said) - GRAM + 1) if lengths[index][0] >= GRAM) / windows
    quoted = sum(len(words(hit.group(1))) for hit in _QUOTE.finditer(answer))
    return Copying(max((length for length, _ in lengths), default=0), grams, _chained(lengths) / max(1, len(said)), quoted)


def _runs(key: Key, said: list[str]) -> list[tuple[int, int]]:
    """For each word of the summary the longest run in the source that begins with it (3 or more), and where that is."""
    best = [(0, -1)] * len(said)
    source, total = key.words, len(key.words)
    previous: dict[int, int] = {}  # end in the source's coordinates of runs still going: place - index -> length left
    for index in range(len(said) - 2):
        places = key.places.get((said[index], said[index + 1], said[index + 2]), ())
        going: dict[int, int] = {}
        for place in places:
            shift = place - index
            if shift in previous and previous[shift] > 3:
                length = previous[shift] - 1
            else:
                length = 3
                while (
                    index + length < len(said)
                    and place + length < total
                    and said[index + length] == source[place + length]
                ):
                    length += 1
            going[shift] = length
            if length > best[index][0]:
                best[index] = (length, place)
        for shift, length in previous.items():  # a run beyond the places that are kept for its words
            if length > 3 and shift not in going:
                going[shift] = length - 1
                if length - 1 > best[index][0]:
                    best[index] = (length - 1, index + shift)
        previous = going
    return best


def _chained(lengths: list[tuple[int, int]]) -> int:
    """The words in passages that follow the source word by word but for a word or two changed, dropped or put in."""
    total = begin = end = 0
    shift = covered = 0
    for index, (length, place) in enumerate(lengths):
        if length < 3 or index < end - 2:
            continue
        if covered and index - end <= 2 and abs((place - index) - shift) <= 3:
            covered += index + length - max(index, end)
            end, shift = index + length, place - index
            continue
        total += covered if end - begin >= CHAIN else 0
        begin, end, shift, covered = index, index + length, place - index, length
    return total + (covered if end - begin >= CHAIN else 0)


def naming(key: Key, text: str) -> Naming:
    """Names, numbers, quotations and citations of a summary, held against the source."""
    fabricated = [quote for quote in _quotes(text) if f" {' '.join(words(quote))} " not in key.joined]
    cites = [(hit.group(), f" {' '.join(words(hit.group()))} ") for hit in _LOCATOR.finditer(text)]
    fabricated += [cite for cite, run in cites if run not in key.joined]
    fabricated += [hit.group() for hit in _VERSUS.finditer(text) if not _is_case(key, *hit.groups())]
    fabricated += [hit.group() for hit in _EX_PARTE.finditer(text) if hit.group(1).lower() not in key.vocabulary]
    fabricated += [hit.group() for hit in _STATUTE.finditer(text) if hit.group(1) not in key.numbers]
    inside = [hit.group(2) for hit in _CAPITALISED.finditer(text)]
    names = [name for name in inside if name.lower().removesuffix("'s") not in _NOT_NAMES]
    names += [hit.group(1) for hit in _OPENING.finditer(text) if hit.group(1).lower() in key.names]
    strange = [name for name in names if not set(words(name)) <= key.vocabulary]
    numbers = [word for word in words(text) if word[0].isdigit()]
    strange += [word for word in numbers if word not in key.numbers]
    return Naming(len(names) + len(numbers) + len(cites), tuple(strange), tuple(fabricated))


def _quotes(text: str) -> list[str]:
    return [hit.group(1) for hit in _QUOTE.finditer(text) if len(words(hit.group(1))) >= 3]


def _is_case(key: Key, first: str, second: str) -> bool:
    left, right = words(first)[-1:], words(second)[:1]
    if not left or not right:
        return True
    return any(f" {left[0]} {versus} {right[0]} " in key.joined for versus in ("v", "vs", "v the", "vs the", "against"))


def wrong_role(key: Key, text: str) -> str:
    """The first party whom the text puts into a role that contradicts the source, with that role; empty for none."""
    for name, role in said_roles(text):
        known = key.roles.get(name)
        if known and contradicts(role, known):
            return f"{name}: {role}"
    return ""


def grounded(key: Key, terms: list[str]) -> float:
    """The share of a summary's salient terms that the source has, weighed by rarity; 0 where it has none."""
    distinct = sorted(set(terms))
    whole = sum(weight(term) for term in distinct)
    return sum(weight(term) for term in distinct if term in key.stems) / whole if whole else 0.0


def cohesion(key: Key, said: list[str]) -> float:
    """Of the neighbouring salient terms of a summary that the source has, the share that stand near one another there."""
    terms = [stem(word) for word in said if is_content(word) and word not in FUNCTION_WORDS]
    known = [term for term in terms if weight(term) >= MIN_SALIENT and term in key.positions]
    pairs = [(one, other) for one, other in zip(known, known[1:], strict=False) if one != other]
    near = sum(_are_near(key.positions[one], key.positions[other]) for one, other in pairs)
    return near / len(pairs) if pairs else 0.0


def _are_near(ones: tuple[int, ...], others: tuple[int, ...]) -> bool:
    at = 0
    for one in ones:
        while at < len(others) and others[at] < one - NEAR:
            at += 1
        if at < len(others) and others[at] <= one + NEAR:
            return True
    return False


def negated(key: Key, sentence: str) -> bool:
    """Whether a sentence, or a clause of it, says what the reference says but for the negation.

    It is held against the statement of the reference that it is most like; honest paraphrases of a whole sentence
    differ in their negations too often, so a sentence must be nearly the same, a clause largely.
    """
    if sentence.rstrip().endswith("?"):  # a question says nothing
        return False
    return any(_denied(key, one) for one in statements(sentence))


def _denied(key: Key, said: Statement) -> bool:
    best, agrees = 0.0, True
    for one in key.reference:
        shared = len(said.terms & one.terms)
        if one.whole == said.whole and shared >= MIN_SHARED:
            alike = shared / len(said.terms | one.terms)
            if alike > best or (alike == best and one.odd == said.odd):
                best, agrees = alike, one.odd == said.odd
    return not agrees and best >= (ALIKE_SENTENCE if said.whole else ALIKE_CLAUSE)


def cites(key: Key, text: str) -> bool:
    """Whether a text names an authority that the source has: a reported case, a statute."""
    if any(f" {' '.join(words(hit.group()))} " in key.joined for hit in _LOCATOR.finditer(text)):
        return True
    return any(hit.group(1) in key.numbers for hit in _STATUTE.finditer(text))


def facts_in(key: Key, text: str) -> frozenset[str]:
    """The grounded facts that a text states: numbers of the source, and salient terms that the source has."""
    said = words(text)
    numbers = {value for value in map(number, said) if value and value in key.numbers}
    return frozenset(numbers) | {term for term in salient(said) if term in key.stems}

"""What ties a summary to its source: how much it copies, what it names that is not there, whom and what it contradicts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cap_rlvr import linear
from cap_rlvr.tasks.summarise.source import MIN_SHARED, Key, Statement, contradicts, said_roles, statements
from cap_rlvr.tasks.summarise.words import is_content, number, salient, stem, weight, word_list, words

MAX_RUN = 15
GRAM = 8
MAX_GRAMS = 0.25
SHORT_RUN = 3
MAX_COVERED = 0.60  # canonical briefs have .19 to .57; a copy with each sixth word changed has over .63
CUT, LONG_CUT = 4, 5
MAX_CUT = 0.40  # of words in runs of 4; briefs written freely have .15 to .37; cuts of the source between frames, as terms enough need, over .50
MAX_QUOTED_WORDS = 30
ALIKE_SENTENCE, ALIKE_CLAUSE = 0.85, 0.8  # of the salient terms of both together
_NONE: frozenset[str] = frozenset()
_QUOTE = linear.compile(r'"([^"]{3,600})"')
_VERSUS = linear.compile(r"([A-Z][A-Za-z.'&-]*),? v(?:s)?\.? (?:[Tt]he )?([A-Z][A-Za-z.'&-]*)")
_EX_PARTE = linear.compile(r"\b(?:[Ii]n re|[Ee]x parte|[Mm]atter of) ([A-Z][A-Za-z'-]+)")
_LOCATOR = linear.compile(r"\b(\d{1,4}) ([A-Z][A-Za-z.']*(?: [A-Z0-9][A-Za-z0-9.']*){0,4}),? (\d{1,5})\b")
_STATUTE = linear.compile(r"(?i)(?:\b(?:sections?|sec\.|articles?|art\.|chapters?|amendment|rules?)|§+) ?(\d{1,5})")
_CAPITALISED = linear.compile(r"([A-Za-z0-9,;)'\"-]) +((?:[A-Z][a-z]+['-]?)+[A-Za-z]+)")
_OPENING = linear.compile(r"(?:^|[.?!:]\s+|\n\s*)([A-Z][A-Za-z-]{2,})")
_NOT_NAMES = word_list("capitals_that_name_nobody")


@dataclass(frozen=True)
class Copying:
    """``run`` is the longest run of words in common, ``grams`` the share of runs of 8 that are in common.

    ``covered`` is the share of words that stand in common runs of 3 or more, ``cut`` in runs of 4 or more; ``own`` are
    the words outside runs of 5. ``quoted`` counts words in quotations. ``reach`` is for each word where the runs of 3
    or more that it stands in end, 0 where it stands in none.
    """

    run: int
    grams: float
    covered: float
    cut: float
    own: tuple[str, ...]
    quoted: int
    reach: tuple[int, ...]

    @property
    def within(self) -> bool:
        """Whether a summary is its writer's own."""
        return (
            self.run <= MAX_RUN
            and self.grams <= MAX_GRAMS
            and self.covered <= MAX_COVERED
            and self.cut <= MAX_CUT
            and self.quoted <= MAX_QUOTED_WORDS
        )


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
    grams = sum(1 for index in range(len(said) - GRAM + 1) if lengths[index] >= GRAM) / windows
    quoted = sum(len(words(hit.group(1))) for hit in _QUOTE.finditer(answer))
    reach = _reach(lengths, SHORT_RUN)
    own = tuple(word for word, end in zip(said, _reach(lengths, LONG_CUT), strict=True) if not end)
    count = max(1, len(said))
    covered, cut = sum(map(bool, reach)) / count, sum(map(bool, _reach(lengths, CUT))) / count
    return Copying(max(lengths, default=0), grams, covered, cut, own, quoted, tuple(reach))


def _reach(lengths: list[int], least: int) -> list[int]:
    """For each word where the common runs of at least so many words that it stands in end; 0 where it stands in none."""
    end, reach = 0, [0] * len(lengths)
    for index, length in enumerate(lengths):
        if length >= least:
            end = max(end, index + length)
        reach[index] = end if index < end else 0
    return reach


def _runs(key: Key, said: list[str]) -> list[int]:
    """For each word of the summary the length of the longest run in the source that begins with it, if it is 3 or more."""
    best = [0] * len(said)
    source, total = key.words, len(key.words)
    going: dict[int, int] = {}  # place in the source less place in the summary -> what is left of a run begun before
    for index in range(len(said) - 2):
        found: dict[int, int] = {shift: left - 1 for shift, left in going.items() if left > SHORT_RUN}
        for place in key.places.get((said[index], said[index + 1], said[index + 2]), ()):
            if place - index not in found:
                length = SHORT_RUN
                while (
                    index + length < len(said)
                    and place + length < total
                    and said[index + length] == source[place + length]
                ):
                    length += 1
                found[place - index] = length
        best[index] = max(found.values(), default=0)
        going = found
    return best


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


def association(
    key: Key, said: Sequence[str], gaps: Sequence[tuple[int, int]], reach: Sequence[int], ends: Sequence[int]
) -> list[float]:
    """How much oftener than by chance content words that stand close together here do so in the source.

    For each range of gaps (words from one to the other, both ends included): of the summary's pairs that stand so in
    one part (``ends`` says for each word where its part ends), the share that comes within a few words of one another in
    the source, less the same share over all pairs of the summary's words. Last the same for the widest range without
    the pairs that stand in one run of the source (by ``reach``): cuts of the source hold only such pairs together. Near 0
    for terms in an order of one's own.
    """
    terms = _known(key, said)
    counts = Counter(filter(None, terms))
    whole = sum(counts.values())
    if not whole:
        return [0.0 for _ in (*gaps, gaps)]
    by_chance = sum(
        count * sum(counts[one] for one in key.neighbours.get(term, _NONE) & counts.keys())
        for term, count in counts.items()
    )
    found = [_together(key, list(_beside(terms, gap, ends))) for gap in gaps]
    found.append(_together(key, list(_beside(terms, gaps[-1], ends, reach))))
    return [one - by_chance / (whole * whole) for one in found]


def bonds(key: Key, said: Sequence[str], gap: tuple[int, int], ends: Sequence[int]) -> float:
    """How many more pairs than by chance a writer puts together as the source or the reference does, each pair once.

    Pairs within a phrase of the source, two to four words long, count for nothing: frames around such phrases have no
    others but by chance; longer runs are statements, and how much of those may be copied is for others to say. It is a
    number, for of few pairs most may be right by luck.
    """
    terms = [stem(word) if is_content(word) else "" for word in said]
    terms = [term if term in key.together else "" for term in terms]
    counts = Counter(filter(None, terms))
    whole = sum(counts.values())
    pairs = {frozenset(pair) for pair in _beside(terms, gap, ends, _phrases_end(key, said))}
    close = sum(other in key.together[one] for one, other in map(tuple, pairs))
    likely = sum(
        count * sum(counts[one] for one in key.together[term] & counts.keys()) for term, count in counts.items()
    )
    return close - len(pairs) * likely / (whole * whole) if whole else 0.0


def _phrases_end(key: Key, said: Sequence[str]) -> list[int]:
    """For each word of a phrase of the source where the phrase ends; for other words, those of longer runs too, the next."""
    found: list[int] = []
    for index in range(1, len(said) + 1):
        begin = len(found)
        if index == len(said) or (said[index - 1], said[index]) not in key.pairs:
            found += [index] * (index - begin) if index - begin < LONG_CUT else range(begin + 1, index + 1)
    return found


def _known(key: Key, said: Sequence[str]) -> list[str]:
    """The stems of the content words that the source has, empty for other words."""
    terms = (stem(word) if is_content(word) else "" for word in said)
    return [term if term in key.stems else "" for term in terms]


def _beside(
    terms: Sequence[str], gap: tuple[int, int], ends: Sequence[int], reach: Sequence[int] = ()
) -> Iterator[tuple[str, str]]:
    least, most = gap
    for index, term in enumerate(terms):
        if term:
            begin = max(index + least, reach[index] if reach else 0)
            for other in terms[begin : min(index + most + 1, ends[index])]:
                if other and other != term:
                    yield term, other


def _together(key: Key, pairs: Sequence[tuple[str, str]]) -> float:
    """The share of pairs that stand together in the source."""
    close = sum(other in key.neighbours.get(one, _NONE) for one, other in pairs)
    return close / len(pairs) if pairs else 0.0


def negated(key: Key, sentence: str) -> bool:
    """Whether a sentence, or a clause of it, says what the reference says but for the negation.

    It is held against the statement of the reference that it is most like; honest paraphrases of a whole sentence
    differ in their negations too often, so a sentence must be nearly the same, a clause largely.
    """
    if sentence.rstrip().endswith("?") or sentence.lstrip().lower().startswith("whether"):  # a question says nothing
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


def reversed_actors(key: Key, sentence: str) -> bool:
    """Whether a sentence or clause says what the reference says, but with its actors (buyer, seller) in another order."""
    return any(_turned(key, one) for one in statements(sentence) if len(one.actors) > 1)


def _turned(key: Key, said: Statement) -> bool:
    alike = [
        one
        for one in key.reference
        if one.whole == said.whole
        and set(one.actors) == set(said.actors)
        and len(said.terms & one.terms) >= ALIKE_SENTENCE * len(said.terms | one.terms)
    ]
    return bool(alike) and all(one.actors != said.actors for one in alike)


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

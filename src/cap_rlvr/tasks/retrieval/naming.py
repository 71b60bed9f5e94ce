"""Which candidate one line of an answer names: by its id, or by a citation that says nothing else.

A citation that contradicts itself names no case: the right page beside another name, year, court or parallel would let
a line hedge or deny beside its gold.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from cap_rlvr import linear
from cap_rlvr.law.citations import MAX_CHARS, CaseCitation, Locator, find_locators, read_citation
from cap_rlvr.law.courts import may_hold, names_court
from cap_rlvr.law.reporters import meanings, possible_year
from cap_rlvr.law.same_name import names_agree
from cap_rlvr.tasks.retrieval.truth import Key, Listed, RetrievalTruth, plain

_BULLET = linear.compile(r"(?:[-*+]|\x{2022}|\(?\d{1,2}[.)])[ \t]+(.+)")
_LOOKS_LIKE_ID = linear.compile(r"[A-Za-z]{0,6}[-_/#]?\d[\w/.-]{0,80}")
_AT_THE_END = ".;, \t"
_AROUND = frozenset({"``", '""', "''", "**", "__", "()", "[]", "{}"})
_MOST_AROUND = 6


def resolved(line: str, truth: RetrievalTruth, key: Key) -> int | None:
    """The one candidate that a line names; None for anything else."""
    for text in _readings(line):
        if not truth.closed_book and plain(text) in key.by_id:
            return key.by_id[plain(text)]
        cited = _citation(text)
        index = _cited(cited, truth, key) if cited else None
        if index is not None:
            return index
    return None  # a bullet may be read as a name, so no reading but the last is final


def names_a_case(line: str) -> bool:
    """Whether a line has the shape of an id or a citation, and so names a case, listed or not; other text names none."""
    for text in _readings(line):
        cited = _citation(text)
        if _LOOKS_LIKE_ID.fullmatch(text) or (cited and _well_formed(cited)):
            return True
    return False


def _readings(line: str) -> list[str]:
    """The line, then without its bullet or number, each also without decoration."""
    if len(line) > MAX_CHARS:
        return []
    if not line.isascii() and any(unicodedata.category(char)[0] == "M" for char in line):
        return []  # the marks that composing left over strike letters out, or ring them
    line = line.strip()
    bullet = _BULLET.fullmatch(line)
    texts = [line, _undecorated(line)]
    if bullet:
        texts += [bullet.group(1), _undecorated(bullet.group(1))]
    return list(dict.fromkeys(texts))


def _undecorated(text: str) -> str:
    """Without a stop at its end, and without marks in pairs around it: `[ ] K07` is an empty box, and keeps it."""
    text = text.rstrip(_AT_THE_END)
    for _ in range(_MOST_AROUND):
        if len(text) < 2 or text[0] + text[-1] not in _AROUND:
            break
        text = text[1:-1].strip().rstrip(_AT_THE_END)
    return text


@lru_cache(
    maxsize=4096
)  # a line is asked what it names, then whether it names anything; and answers resemble one another
def _citation(text: str) -> CaseCitation | None:
    cited = read_citation(text)
    return None if isinstance(cited, str) else cited


def _cited(cited: CaseCitation, truth: RetrievalTruth, key: Key) -> int | None:
    """The one candidate that all locators of a citation lead to, and that nothing else in it contradicts."""
    locators = _locators(cited)
    if locators is None:
        return None
    found = _held(locators[0], key)
    for one in locators[1:]:
        found &= _held(one, key)
    agreeing = [index for index in sorted(found) if _agrees(cited, truth.candidates[index])]
    return agreeing[0] if len(agreeing) == 1 else None


def _locators(cited: CaseCitation) -> list[Locator] | None:
    """A citation's locators, those of early reporters in parentheses too (`60 U.S. (19 How.) 393`); None where one is none."""
    found = list(cited.locators)
    for one in cited.locators:
        if one.nominative:
            early = find_locators(f"{one.nominative.strip('()')} {one.page}")
            if not early:
                return None
            found += early
    return found


def _held(locator: Locator, key: Key) -> set[int]:
    """The candidates at a place. Both spellings are of the index, so eyecite never sees a model's text."""
    one = locator.reporter
    return {
        index
        for other, index in key.by_place.get((locator.volume, locator.page), ())
        if one == other or meanings(one) & meanings(other)
    }


def _agrees(cited: CaseCitation, one: Listed) -> bool:
    """Whether name, pages, year and court, as far as they are given, can be this case's.

    Where the truth has no year or no court, the reporter must have appeared then, and may hold such a court.
    """
    if not _pins_follow(cited) or not _dated(cited, one) or not _by_its_court(cited, one):
        return False
    return not cited.name or names_agree(cited.name, [one.name])


def _dated(cited: CaseCitation, one: Listed) -> bool:
    if one.year is not None or not cited.year:
        return cited.year in ("", str(one.year))
    return any(possible_year(title, int(cited.year)) for title in meanings(cited.locators[0].reporter))


def _by_its_court(cited: CaseCitation, one: Listed) -> bool:
    if not cited.court or not cited.year:
        return not cited.court
    if one.courts:
        return names_court(cited.court, one.courts)
    return any(may_hold(title, cited.court) for title in meanings(cited.locators[0].reporter))


def _pins_follow(cited: CaseCitation) -> bool:
    """Whether no pin cite lies before the first page."""
    return all(
        int(pin.split("-")[0]) >= int(one.page)
        for one, pins in zip(cited.locators, cited.pins, strict=True)
        for pin in pins
    )


def _well_formed(cited: CaseCitation) -> bool:
    """Whether nothing but a citation stands in it: a name of parties at most, and the year with a court of the tables."""
    if cited.court and not (cited.year and _by_its_court(cited, Listed(id="any"))):
        return False
    return not cited.name or names_agree(cited.name, [])

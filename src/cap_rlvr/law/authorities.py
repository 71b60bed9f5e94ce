"""Which decided cases an opinion relies on: its citations of reporters, parallel citations of one case brought together.

    Ex parte Ammons, 34 Texas Crim. Rep., 472; 64 S. W. Rep., 1047      -> one authority with two locators
    69 Cal.2d 420 [71 Cal.Rptr. 903, 445 P.2d 519]                      -> one authority with three locators

Two citations are parallel where nothing but punctuation, pin pages and a year stands between them and they are in
different reporters. Statutes, journals and the decision's own citations are left out, and so is what is only cited as the
history of another case, before or after: that one citation brings it along says nothing of what the opinion turns on.

    State v. Tarango, 105 N.M. 592 (Ct. App. 1987), overruled on other grounds by Zurla v. State, 109 N.M. 640
                                                    └─ no authority unless it is cited elsewhere in its own right
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, cast

import re2

from cap_rlvr.law import reporters
from cap_rlvr.law.reporters import squeezed
from cap_rlvr.wire.case import Case, CitedCase

MAJORITY = frozenset({"majority", "unanimous", "on-the-merits"})
_ANNOTATIONS = frozenset({"A.L.R.", "A.L.R.2d", "A.L.R.3d", "A.L.R.4th", "A.L.R.5th", "A.L.R. Fed.", "L.R.A."})
_MAX_GAP = 60  # characters between two parallel citations

_re2 = cast(Any, re2)
# A volume, up to ten words that may be a reporter's, and a page: a window to look into, no more.
_WORD = r"(?:[A-Z][A-Za-z0-9.'&]*|[2-9](?:d|rd|th)|of|and|the|\([a-zA-Z0-9. ]{1,12}\))"
# It reads bytes: on a string RE2's wrapper walks the whole text at each search to count characters.
_WINDOW = _re2.compile(rf"\b(\d{{1,4}})\s+({_WORD}(?:[ ,]{{1,2}}{_WORD}){{0,7}}?),?\s+(\d{{1,5}})\b".encode())
_NUMBER = _re2.compile(r"\d+")
_BETWEEN = _re2.compile(
    r"(?:[\s,;\[\]:(]|\b(?:at|p|pp|and|fn|fns|n|nn|note|et seq|s\.\s?c)\b\.?|\d{1,5}(?:\s?[-\x{2013}]\s?\d{1,5})?\b|\((?:1[6-9]|20)\d\d\)|\[\d+\])*"
)
# In the form of a citation (after a comma or a bracket): running text that says so speaks of the case itself.
_PETITION = (
    r"(?:cert(?:\.|iorari)|writ|appeal|app\.|petition|pet\.|review|rehearing|reh['\x{2019}]g|leave\s+to\s+appeal)"
    r"(?:\s+(?:of|for|en|banc|error|cert\.|certiorari|review|rehearing)){0,4}"
    r"\s+(?:granted|denied|dismissed|quashed|refused|ref['\x{2019}]d|den\.|filed)"
)
_OUTCOME = (
    r"aff['\x{2019}]?(?:d|g|irmed|irming)|rev['\x{2019}]?(?:d|g|ersed|ersing)|(?:judgment\s+)?vacat(?:ed|ing)|overrul(?:ed|ing)|"
    r"modifi(?:ed|cation)|abrogat(?:ed|ing)|super[sc]eded|disapproved|withdrawn|on\s+(?:remand|rehearing|reh['\x{2019}]g)|"
    r"appeal\s+after\s+remand|limited(?:\s+on\s+other\s+grounds)?\s+(?:by|in)|called\s+into\s+(?:doubt|question)|"
    r"(?:denial\s+of\s+)?habeas\s+corpus(?:\s+(?:relief|petition))?\s+(?:granted|denied|vacated)"
)
_MANNER = (
    r"(?:,|\s+(?:in|by|on|as|part|other|different|grounds?|recognized|stated|statute|rule|sub|nom\.|mem\.|per|curiam))"
)
_NAME_WORD = r"(?:&amp;|[A-Z0-9&\x{B6}\x{A7}'\x{2019}\"(\[-][^\s;)]*|(?:of|the|and|v|vs|ex|rel|re|for|in|et|al|de|la|at|nn?|d/b/a)\b[.,]?)"
_YEAR = r"\((?:1[6-9]|20)\d\d\)"  # before the citation, as California's reports have it
_HISTORY = _re2.compile(
    rf"[,;()\]]\s*(?i:(?:and\s+|but\s+)?(?:{_PETITION}|{_OUTCOME})){_MANNER}*(?:\s+{_NAME_WORD}){{0,24}}(?:\s+{_YEAR})?[\s,\[(]*$"
)
_MAX_LEAD = 180  # characters from a word of history to the citation that it brings


@dataclass(frozen=True)
class Mention:
    """One citation of a reporter in a text: ``key`` is `volume|reporter|page`, ``start`` to ``end`` its characters."""

    key: str
    start: int
    end: int

    @property
    def reporter(self) -> str:
        return self.key.split("|")[1]


def majority(case: Case) -> int | None:
    """The place of the opinion that speaks for the court."""
    return next((place for place, one in enumerate(case.opinions) if one.type in MAJORITY), None)


def authorities(case: Case, place: int, cited: Iterable[Mention]) -> list[tuple[str, ...]]:
    """The authorities of one opinion, in the order in which they first appear, each with its locators sorted.

    ``cited`` is what `located` gives for it.
    """
    own = {one for one in (locator_key(cite.cite) for cite in case.citations) if one}
    text = case.opinions[place].text
    kept = [one for one in cited if one.reporter not in _ANNOTATIONS]
    groups = _parallels(_in_their_own_right(kept, text), text)
    return [tuple(sorted(group)) for group in groups if own.isdisjoint(group)]


def located(case: Case, place: int) -> list[Mention]:
    """Where one opinion cites reporters, in order.

    From `cites_to` where the source has it (a citation that is not found in the text is passed over, since its
    parallels could not be told), and from the text: a parallel that `cites_to` leaves out would part the other two.
    """
    text = case.opinions[place].text
    found: list[Mention] = []
    for one in sorted([*_listed(case.cites_to, place, text), *mentions(text)], key=lambda one: (one.start, one.end)):
        if not found or one.start >= found[-1].end:
            found.append(one)
    return found


def mentions(text: str) -> list[Mention]:
    """The citations of known reporters in a text; eyecite judges each spelling once."""
    data = text.encode()
    found: list[Mention] = []
    at = counted = characters = 0
    while hit := _WINDOW.search(data, at):
        volume, reporter, page = (part.decode() for part in hit.groups())
        spelling = _canonical(reporter)
        if spelling:
            characters += len(data[counted : hit.start()].decode())
            counted = hit.start()
            found.append(Mention(f"{volume}|{spelling}|{page}", characters, characters + hit.end() - hit.start()))
        at = hit.end() if spelling else hit.end(1)
    return found


def locator_key(cite: str, reporter: str = "") -> str:
    """`volume|reporter|page` of a citation such as CAP gives it (`33 Texas Crim. Rep., 472`), or empty."""
    numbers = list(_NUMBER.finditer(cite))
    if len(numbers) < 2 or numbers[0].start() != 0:
        return ""
    between = cite[numbers[0].end() : numbers[-1].start()]
    known = _canonical(reporter) or _canonical(between) or squeezed(reporter)
    page = numbers[-1].group()
    return f"{numbers[0].group()}|{known}|{page}" if known and cite.endswith(page) else ""


def _canonical(spelling: str) -> str:
    spelling = squeezed(spelling).strip(" ,;")
    if not spelling:
        return ""
    for form in (spelling, spelling.replace(",", ""), spelling.replace(". ", ".")):
        if reporters.is_spelling(form) or form in reporters.OVERRIDES:
            return reporters.canonical(form) or ""
    return ""


def _listed(cites: Iterable[CitedCase], place: int, text: str) -> list[Mention]:
    """The entries of `cites_to` of one opinion that can be found in its text."""
    found: list[Mention] = []
    for entry in cites:
        if entry.opinion_index != place or not entry.category.startswith("reporters:"):
            continue
        key = locator_key(entry.cite, entry.reporter)
        places = _places(text, entry.cite) if key else ()
        found += [Mention(key, start, start + len(entry.cite)) for start in places]
    return sorted(set(found), key=lambda one: (one.start, one.end, one.key))


def _places(text: str, cite: str) -> Iterator[int]:
    """Where a citation stands in a text, and is not a part of another (`5 Tex. 1` of `15 Tex. 12`)."""
    start = text.find(cite)
    while start >= 0:
        before, after = text[max(0, start - 1) : start], text[start + len(cite) : start + len(cite) + 1]
        if not before.isdigit() and not after.isdigit():
            yield start
        start = text.find(cite, start + 1)


def _in_their_own_right(found: list[Mention], text: str) -> Iterator[Mention]:
    """The citations that are not the history of another case, nor parallel to one that is."""
    previous: Mention | None = None
    historical = False
    for one in found:
        after = previous.end if previous else 0
        goes_on = previous is not None and _is_parallel(previous, one, text)
        lead = text[max(after, one.start - _MAX_LEAD) : one.start]
        historical = historical if goes_on else bool(_HISTORY.search(lead))
        if not historical:
            yield one
        previous = one


def _parallels(found: Iterable[Mention], text: str) -> Iterator[set[str]]:
    """Groups of locators of one case each: neighbours in the text, and whatever shares a locator with them."""
    groups: list[set[str]] = []
    home: dict[str, int] = {}
    previous: Mention | None = None
    for one in found:
        mates = {previous.key} if previous and _is_parallel(previous, one, text) else set[str]()
        places = [home[key] for key in (one.key, *sorted(mates)) if key in home]
        place = _merged(groups, home, sorted(set(places)), one.key)
        groups[place].add(one.key)
        home[one.key] = place
        previous = one
    return (group for group in groups if group)


def _merged(groups: list[set[str]], home: dict[str, int], places: list[int], key: str) -> int:
    """The place of the group that a locator joins; groups are joined unless both cite the same reporter."""
    own = home.get(key)
    if own is None:
        fit = [place for place in places if _compatible(groups[place], {key})]
        if fit:
            return fit[0]
        groups.append(set())
        return len(groups) - 1
    for place in places:
        if place != own and _compatible(groups[place], groups[own]):
            groups[place] |= groups[own]
            for moved in groups[own]:
                home[moved] = place
            groups[own] = set()
            return place
    return own


def _compatible(one: set[str], other: set[str]) -> bool:
    reporters_of = [{key.split("|")[1] for key in group} for group in (one, other)]
    return reporters_of[0].isdisjoint(reporters_of[1])


def _is_parallel(one: Mention, other: Mention, text: str) -> bool:
    gap = text[one.end : other.start]
    if not 0 <= other.start - one.end <= _MAX_GAP or one.reporter == other.reporter:
        return False
    return bool(_BETWEEN.fullmatch(gap))

"""One case citation, read from text: the name, the locators, the pin cites, and the court and year in parentheses.

    Reed v. State, 31 Tex. Crim. 35, 37 (Crim. App. 1892)
    name           volume reporter page, pin (court year)

Several locators are parallel citations of one case. Only RE2 and table look-ups touch the text.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from cap_rlvr import linear
from cap_rlvr.law import reporters
from cap_rlvr.law.reporters import squeezed

MAX_CHARS = 400
MAX_LOCATORS = 4
MAX_VOLUME_DIGITS = 4

Fault = Literal["too_long", "no_citation", "too_many", "extra_text"]

_PAGE = linear.compile(r"(\d{1,5})(?:[^0-9A-Za-z_].*)?")
_NOMINATIVE = linear.compile(r"\((?:(\d{1,2}) )?([A-Z][A-Za-z. &]*)\)")
_BETWEEN = linear.compile(r"\s*((?:,\s*\d{1,5}(?:-\d{1,5})?\s*)*),\s*")
_AFTER = linear.compile(r"\s*((?:,\s*\d{1,5}(?:-\d{1,5})?\s*)*),?\s*(?:\(([^()]*)\))?\s*\.?\s*")
_EMPHASIS = linear.compile(r"\*{1,3}|_{1,2}|</?(?:i|em|u|b|strong)>")
_NUMBER = linear.compile(r"\d+(?:-\d+)?")
_MONTHS = (
    r"Jan(?:\.|uary)|Feb(?:\.|ruary)|Mar(?:\.|ch)|Apr(?:\.|il)|May|June|July|Aug(?:\.|ust)|Sept(?:\.|ember)|"
    r"Oct(?:\.|ober)|Nov(?:\.|ember)|Dec(?:\.|ember)"  # whole, since `Maybe 1900` is no date
)
_DATED = linear.compile(rf"(?:(.*?)(?:^|[ ,]))?((?:{_MONTHS}) (?:\d{{1,2}}, ?)?|\d{{4}}-\d{{2}}-\d{{2}} )?(\d{{4}})")


@dataclass(frozen=True)
class Locator:
    """Volume, reporter and first page, as written; ``start`` and ``end`` are its characters in the text."""

    volume: str
    reporter: str
    page: str
    nominative: str
    start: int
    end: int

    @property
    def text(self) -> str:
        """The locator in the reporter's spelling as written, with single spaces."""
        return " ".join(part for part in (self.volume, self.reporter, self.nominative, self.page) if part)


@dataclass(frozen=True)
class CaseCitation:
    """What a text cites. ``pins`` are those of all locators, in order; ``dated``: more of the date than the year."""

    name: str
    locators: tuple[Locator, ...]
    pins: tuple[tuple[str, ...], ...]
    court: str
    year: str
    dated: bool

    @property
    def text(self) -> str:
        """The citation in perfect form, as far as its parts allow: to be compared with what was written."""
        cites = ", ".join(
            ", ".join((locator.text, *pins)) for locator, pins in zip(self.locators, self.pins, strict=True)
        )
        inside = f"{self.court} {self.year}".strip()
        return f"{self.name + ', ' if self.name else ''}{cites}{f' ({inside})' if inside else ''}"


def read_citation(text: str, reporter: str = "") -> CaseCitation | Fault:
    """The one citation that a text consists of, or why it is none: nothing may stand around it but a full stop.

    ``reporter``: an abbreviation that is also read where its spaces are missing (`Fla.Supp.2d`).
    """
    if len(text) > MAX_CHARS:
        return "too_long"
    locators = find_locators(text, reporter)
    if not locators:
        return "no_citation"
    if len(locators) > MAX_LOCATORS:
        return "too_many"
    pins: list[tuple[str, ...]] = []
    for one, following in pairwise(locators):
        between = _BETWEEN.fullmatch(text[one.end : following.start])
        if not between:
            return "extra_text"
        pins.append(_pins(between.group(1)))
    after = _AFTER.fullmatch(text[locators[-1].end :])
    if not after:
        return "extra_text"
    pins.append(_pins(after.group(1)))
    court, year, dated = _inside(squeezed(after.group(2) or ""))
    name = unstressed(squeezed(text[: locators[0].start]).rstrip(",").rstrip()).rstrip(",").rstrip()
    return CaseCitation(name, tuple(locators), tuple(pins), court, year, dated)


def unstressed(name: str) -> str:
    """A name out of its italics, as Markdown or HTML writes them around the whole: `*Reed v. State*`, `<i>In re Moore</i>`.

    Marks inside it stay, so that no party can be struck out or set apart.
    """
    hits = list(_EMPHASIS.finditer(name))
    if len(hits) == 1 and hits[0].end() == len(name) and name.endswith(("*", "_")):
        return name[: hits[0].start()]  # an answer line (`Answer: *Reed v. State*, …`) has lost the first of the two
    if len(hits) != 2 or hits[0].start() != 0 or hits[1].end() != len(name):
        return name
    opened, closed = hits[0].group(), hits[1].group()
    return name[hits[0].end() : hits[1].start()].strip() if opened.replace("<", "</") == closed else name


def find_locators(text: str, reporter: str = "") -> list[Locator]:
    """All places where a known reporter stands between a volume and a page, one more than allowed at most."""
    words = _words(text)
    found: list[Locator] = []
    index = 0
    while index < len(words) and len(found) <= MAX_LOCATORS:
        locator, used = _locator_at(words, index, reporter)
        if locator:
            found.append(locator)
        index += used
    return found


def _words(text: str) -> list[tuple[str, int, int]]:
    """The words between white space, each with its start and end."""
    words: list[tuple[str, int, int]] = []
    end = 0
    for word in text.split():
        start = text.index(word, end)
        end = start + len(word)
        words.append((word, start, end))
    return words


def _locator_at(words: list[tuple[str, int, int]], index: int, reporter: str) -> tuple[Locator | None, int]:
    volume, start, _ = words[index]
    if not (len(volume) <= MAX_VOLUME_DIGITS and volume.isascii() and volume.isdigit()):
        return None, 1
    room = len(words) - index - 2
    first = words[index + 1][0] if room > 0 else ""
    longest = reporters.MAX_WORDS if first and reporter.startswith(first[:1]) else reporters.most_words(first)
    for count in range(min(reporters.MAX_WORDS, longest, room), 0, -1):
        spelling = " ".join(word for word, _, _ in words[index + 1 : index + 1 + count])
        if not (reporters.is_spelling(spelling) or reporters.but_for_spaces(spelling, reporter)):
            continue
        at = index + 1 + count
        nominative, at = _nominative_at(words, at)
        page = _PAGE.fullmatch(words[at][0]) if at < len(words) else None
        if page:
            end = words[at][1] + len(page.group(1))
            return Locator(volume, spelling, page.group(1), nominative, start, end), at + 1 - index
    return None, 1


def _nominative_at(words: list[tuple[str, int, int]], at: int) -> tuple[str, int]:
    """An early reporter's own citation in parentheses, `60 U.S. (19 How.) 393`, and the word after it."""
    if words[at][0].startswith("("):
        for stop in range(at + 1, min(at + 5, len(words)) + 1):
            text = " ".join(word for word, _, _ in words[at:stop])
            hit = _NOMINATIVE.fullmatch(text)
            if hit and reporters.is_spelling(hit.group(2)):
                return text, stop
    return "", at


def _pins(text: str) -> tuple[str, ...]:
    return tuple(hit.group() for hit in _NUMBER.finditer(text))


def _inside(text: str) -> tuple[str, str, bool]:
    """(court, year, whether more of the date is given) of what stands in the parentheses."""
    hit = _DATED.fullmatch(text)
    if not hit:
        return text, "", False
    return (hit.group(1) or "").strip(" ,"), hit.group(3), bool(hit.group(2))

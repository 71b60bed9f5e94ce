"""Where running text speaks of other cases: full citations with their names, and the short names that come back later.

    … reliance on Scott v. Commonwealth, 96 Va. 11, 14 [58 S.E. 7] (1899), is misplaced. Scott, supra, was a suit for …
                  └─ name ─────────┘  └─ locators, a pin ────┘ year                     └ back reference

A volume, reporter and page count only where `law/reporters.py` (reporters-db, judged by eyecite) knows the reporter.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cap_rlvr.law import reporters
from cap_rlvr.law.reporters import squeezed

_PLACE = re.compile(r"\b(\d{1,4})\s+([A-Z][A-Za-z0-9.&'’() ]{0,26}?)\s*,?\s+(\d{1,5}|_{2,4})(?![\w/])")
_NEUTRAL = re.compile(r"\b((?:19|20)\d\d)[- ]([A-Z]{2,4}(?:[- ]?[A-Z]{1,4})?)[- ](0*\d{1,5})\b")
_BETWEEN = re.compile(
    r"(?:\s*,?\s*(?:at\s+)?(?:pp?\.\s*)?(?:¶+\s*)?\d{1,5}(?:\s*[-–]\s*\d{1,5})?(?:,?\s*n\.\s*\d+)?)*\s*\]?\s*,?\s*\[?\s*"
)
_PINS = re.compile(
    r"(?:\s*,\s*(?:at\s+)?(?:pp?\.\s*)?(?:¶+\s*)?\d{1,5}(?:\s*[-–]\s*\d{1,5})?(?:,?\s*n\.\s*\d+)?)*\s*\]?"
    r"(?:,?\s*\[[^\]\[]{3,60}\])?"
)
_DATED = re.compile(r"\s*\(\s*([^()]{0,40}?)[\s,]*\b(1[6-9]\d\d|20[0-4]\d)\s*\)")
_YEAR_BEFORE = re.compile(r"\s*\((?:[A-Z][A-Za-z. ]{0,20})?(1[6-9]\d\d|20[0-4]\d)\),?\s*$")
_VERSUS = re.compile(r"\s(?:v|vs)\.?\s", re.IGNORECASE)
_SIDE_WORD = r"(?:[A-Z][\w.'’&/-]*|of|the|and|&|ex|rel\.|de|la|du|van|von|der|for|on|et|al\.|a|d/b/a|\d{2,4})"
_LEFT = re.compile(rf"(?:^|(?<=[\s(\[“\"]))({_SIDE_WORD}(?:,?\s+{_SIDE_WORD}){{0,11}})$")
_RIGHT = re.compile(rf"{_SIDE_WORD}(?:,?\s+(?:{_SIDE_WORD}|\([A-Z][\w. ]*\))){{0,11}}[,.]?")
_SINGLE = re.compile(
    r"(?:In re|In the Matter of|Matter of|Ex parte|(?:In re )?Estate of|In the Interest of|State ex rel\.)\s"
    rf"[A-Z][\w.'’&/-]*(?:,?\s+{_SIDE_WORD}){{0,9}}[,.]?$"
)
_LEAD = frozenset(
    re.findall(
        r"\w+",
        "see also in but cf accord compare contra citing quoting under the thus however since when and or as eg ie case of with "
        "to by on from that both while although though our after following even unlike where contrast cases are because neither nor "
        "nevertheless therefore similarly likewise finally here first second third relying specifically generally both yet still a "
        "finally additionally moreover further furthermore consequently accordingly hence indeed again only while than upon over for what plaintiff "
        "defendant appellant appellee respondent petitioner appellants defendants plaintiffs",
    )
)
_SINGLE_START = re.compile(
    r"\bIn re (?:Estate of )?|\bIn the |(?<!In the )\bMatter of |\bEx parte |(?<!In re )\bEstate of |\bState ex rel\."
)
_SIGNAL = re.compile(
    r"^.*(?:[.;:”\")]\s*|(?=Court,|Appeals,|Mexico,|Congress,))(?:Court|Appeals|Mexico|Congress|See|Cf|Accord|But|Compare|Contra|Citing|Under|In|And|The)\b[.,]{0,2}\s+(?:(?:also|see|cf\.|e\.\s?g\.),?\s+)*",
    re.DOTALL,
)
_STOPPED = re.compile(r"\b([A-Z][a-z]{3,})\.\s+(?=[A-Z])")
_TAIL_OF_NAME = re.compile(r"(?:\s*\([A-Z][\w. ]*\)|,?\s+Nos?\. [\w-]+|,?\s+supra)$")
_KEEPS = ("In re", "In the ", "Matter of", "Ex parte", "Estate of", "State ex rel.")
_GENERIC = frozenset(
    re.findall(
        r"\w+",
        "state people commonwealth united states city county town village board department dept commissioner commission company co "
        "corp corporation inc ltd llc bank insurance ins national first american matter estate in re ex parte rel of the and et al "
        "association assn district school public new york texas mexico florida california virginia michigan alaska ga georgia "
        "superior court industrial trust united general southern northern western eastern central railroad railway ry mutual "
        "america federal reserve police attorney secretary director warden judge justice university college hospital center",
    )
)
_CAPITAL = re.compile(r"(?<!\w)[A-Z]\w*")
_GOES_ON = re.compile(r"[\w/-]")
_BRACKETED = re.compile(r"\{\d+\}")
MAX_NAME = 140
REACH = 220  # characters before a locator in which its name is looked for


@dataclass(frozen=True)
class Cited:
    """One case as a text cites it in full; ``start`` to ``end`` is from its name to the closing parenthesis.

    ``cites`` are its locators as written, the first as ``cite``; ``reporters`` their canonical abbreviations (empty
    where ambiguous); ``court`` and ``year`` are what stands in the parentheses.
    """

    name: str
    cites: tuple[str, ...]
    reporters: tuple[str, ...]
    court: str
    year: str
    start: int
    end: int

    @property
    def cite(self) -> str:
        return self.cites[0]

    @property
    def key(self) -> str:
        """The first locator without spaces and dots: one case has one key within a text."""
        return re.sub(r"[^a-z0-9]+", "", self.cite.lower())


@dataclass(frozen=True)
class Mention:
    """A place where a text speaks of a cited case, in full (``full``) or by a short name."""

    cited: Cited
    start: int
    end: int
    full: bool


def find_cited(text: str) -> list[Cited]:
    """All full citations of cases that have a name before them, in order."""
    found: list[Cited] = []
    known = list(places(text))
    index = 0
    while index < len(known):
        group = [known[index]]
        while index + len(group) < len(known) and _BETWEEN.fullmatch(text, group[-1][1], known[index + len(group)][0]):
            group.append(known[index + len(group)])
        before = known[index - 1][1] if index else 0
        index += len(group)
        cited = _cited(text, group, before)
        if cited:
            found.append(cited)
    return found


Place = tuple[int, int, str, str]


def places(text: str) -> Iterator[Place]:
    """(start, end, as written, canonical reporter or empty) of every volume, known reporter and page."""
    position = 0
    neutral = [(hit.start(), hit.end(), hit.group(), hit.group(2)) for hit in _NEUTRAL.finditer(text)]
    taken = {start for start, *_ in neutral if _is_neutral(text[start : start + 24])}
    yield_later = [place for place in neutral if place[0] in taken]
    while hit := _PLACE.search(text, position):
        spelling = squeezed(hit.group(2).replace("’", "'"))
        if hit.start() in taken:
            position = hit.end()
        elif reporters.is_spelling(spelling):
            while yield_later and yield_later[0][0] < hit.start():
                yield yield_later.pop(0)
            name = reporters.canonical(spelling) or ""
            yield hit.start(), hit.end(), f"{hit.group(1)} {spelling} {hit.group(3)}", name
            position = hit.end()
        else:
            position = hit.start() + len(hit.group(1))
    yield from yield_later


def _is_neutral(text: str) -> bool:
    hit = _NEUTRAL.match(text)
    return bool(hit) and reporters.is_spelling(hit.group(2).replace("-", " "))


def _cited(text: str, group: Sequence[Place], before: int) -> Cited | None:
    start = group[0][0]
    lead = text[max(before, start - REACH) : start]
    year_before = _YEAR_BEFORE.search(lead)
    if year_before:
        lead = lead[: year_before.start()]
    lead = lead.rstrip(" ,[(")
    ended = _sentence_end(lead, text)
    name, back = _name(lead[ended:])
    back += ended
    if not name:
        return None
    pins = _PINS.match(text, group[-1][1])
    end = pins.end() if pins else group[-1][1]
    dated = _DATED.match(text, end)
    court, year = (dated.group(1).strip(" ,"), dated.group(2)) if dated else ("", "")
    if year_before and not year:
        year = year_before.group(1)
    return Cited(
        name=name,
        cites=tuple(written for *_, written, _ in group),
        reporters=tuple(reporter for *_, reporter in group),
        court=court,
        year=year,
        start=start - len(text[max(before, start - REACH) : start]) + back,
        end=dated.end() if dated else end,
    )


def _sentence_end(lead: str, text: str) -> int:
    """Where the last sentence before a name ends with a capital word (`… follow Cole. Burr v. Stout`).

    Such a word stands in the text without a full stop too; an abbreviation (`Constr. Co.`) never does.
    """
    for hit in reversed(list(_STOPPED.finditer(lead))):
        if re.search(rf"\b{hit.group(1)}\b(?=,? [a-z])", text):
            return hit.end()
    return 0


def _name(lead: str) -> tuple[str, int]:
    """The case name that a text ends with, and where it begins in it; empty where there is none."""
    versus = list(_VERSUS.finditer(lead))
    singles = [hit for hit in _SINGLE_START.finditer(lead) if _SINGLE.match(lead, hit.start())]
    single = _SINGLE.match(lead, singles[-1].start()) if singles else None
    if not versus:
        return (squeezed(single.group()), single.start()) if single and _short_enough(single.group()) else ("", 0)
    split = versus[-1]
    right = lead[split.end() :].strip()
    left = _LEFT.search(lead[: split.start()].replace("\n", " "))
    if not left or not right or not _RIGHT.fullmatch(right.replace("\n", " ")):
        return "", 0
    begin = left.start(1) + _leading(left.group(1))
    name = squeezed(_TAIL_OF_NAME.sub("", lead[begin:]))
    return (name, begin) if _short_enough(name) and name[:1].isupper() else ("", 0)


def _short_enough(name: str) -> bool:
    return 5 <= len(name) <= MAX_NAME and not _BRACKETED.search(name)


def _leading(side: str) -> int:
    """How many characters of a left side are words of the sentence, not of the name (`See also`, `But in`)."""
    signal = _SIGNAL.match(side)
    at = signal.end() if signal else 0
    while not side[at:].startswith(_KEEPS):
        word = re.match(r"\S+\s+", side[at:])
        if not word or re.sub(r"\W", "", word.group()).lower() not in _LEAD:
            break
        at += word.end()
    return at


def short_names(cited: Cited) -> list[str]:
    """The names by which a text may come back to a case: a side whole, or its surname or first word."""
    sides = re.split(r"\s(?:v|vs)\.?\s", cited.name, maxsplit=1)
    found: list[str] = [cited.name]
    for raw in sides:
        side = re.sub(r"^(?:In re|In the Matter of|Matter of|Ex parte|Estate of|State ex rel\.)\s+", "", raw).strip(
            " ,."
        )
        words = side.split()
        if not words or all(word.strip(".,").lower() in _GENERIC for word in words):
            continue
        found.append(side)
        for word in (words[0], words[-1]):
            plain = word.strip(".,")
            if len(plain) > 3 and plain[0].isupper() and plain.isalpha() and plain.lower() not in _GENERIC:
                found.append(plain)
    return list(dict.fromkeys(found))


def distinctive(name: str) -> frozenset[str]:
    """The words of a case's name that tell it from others, in lower case: no `State`, `Inc.`, `City of`."""
    words = re.findall(r"[a-z0-9]+", name.lower().replace("'", "").replace("’", ""))
    return frozenset(word for word in words if len(word) > 2 and word not in _GENERIC)


class Cases:
    """The cases that a text cites, and every place where it speaks of one of them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.full = find_cited(text)
        by_key: dict[str, Cited] = {}
        for cited in self.full:
            by_key.setdefault(cited.key, cited)
        self.cases = by_key
        owners: dict[str, dict[str, str]] = defaultdict(dict)
        for key, cited in by_key.items():
            for short in short_names(cited):
                owners[short].setdefault(cited.name, key)
        # A name that two cases share is no one's; the same case cited by another reporter is one case.
        self._owner = {short: next(iter(keys.values())) for short, keys in owners.items() if len(keys) == 1}
        self._by_first: dict[str, list[str]] = defaultdict(list)
        for short in sorted(self._owner, key=lambda short: (-len(short), short)):
            first = _CAPITAL.match(short)
            if first:
                self._by_first[first.group()].append(short)

    def mentions(self, start: int, end: int) -> list[Mention]:
        """The mentions that lie in a range of the text, in order and apart."""
        found = [
            Mention(self.cases[cited.key], cited.start, cited.end, True)
            for cited in self.full
            if start <= cited.start and cited.end <= end + 1
        ]
        for low, short in self._shorts(start, end):
            high = low + len(short)
            if not any(one.start < high and low < one.end for one in found):
                found.append(Mention(self.cases[self._owner[short]], low, self._tail(high, end), False))
        return sorted(found, key=lambda one: one.start)

    def _shorts(self, start: int, end: int) -> Iterator[tuple[int, str]]:
        """Where a short name stands, the longest at each place; looked up by its first word, for there may be hundreds."""
        done = start
        for word in _CAPITAL.finditer(self.text, start, end):
            if word.start() < done or self.text[word.start() - 1 : word.start()] in ("/", "-"):
                continue
            for short in self._by_first.get(word.group(), ()):
                done = word.start() + len(short)
                if self.text.startswith(short, word.start()) and not _GOES_ON.match(self.text, done):
                    yield word.start(), short
                    break
            else:
                done = word.start()

    def _tail(self, position: int, limit: int) -> int:
        """The end of `, supra, 70 Cal.2d at p. 546` after a short name."""
        tail = _SHORT_TAIL.match(self.text, position, limit)
        return tail.end() if tail else position


_SHORT_TAIL = re.compile(
    r"(?:,?\s*supra\b)?(?:,?\s*\d{1,4}\s+[A-Z][A-Za-z0-9. ]{0,20}?,?\s*(?:at\s+)?(?:pp?\.\s*)?\d{1,5}(?:[-–]\d{1,5})?)*"
    r"(?:,?\s*at\s+(?:pp?\.\s*)?\d{1,5}(?:[-–]\d{1,5})?)?"
)

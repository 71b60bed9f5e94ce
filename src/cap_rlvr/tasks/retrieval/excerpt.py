"""What is shown of a case: the query's text and a candidate's summary, with citations and names of cases masked."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest

from cap_rlvr import linear
from cap_rlvr.law.authorities import Mention
from cap_rlvr.law.sentences import sentence_spans

CASE, NAME = "[CASE]", "[NAME]"
QUERY_CHARS = 1_200
BLURB_CHARS = 240
MIN_QUERY_CHARS = 400
MIN_BLURB_WORDS = 8
_LOOKED_THROUGH = 5_000  # characters of an opinion in which its text and summary are looked for
_HEAD_CHARS = 6_000
_NAME_CHARS = 130  # before a citation, in which the name of the case is looked for

_WORD = r"(?:[A-Z][\w.'\x{2019}&-]*)"
_LINK = r"(?:of|the|and|&|ex|rel\.|for|on|in|re|de|la|del|by|a)"
_PARTY = rf"{_WORD}(?:,? (?:{_LINK} ){{0,2}}(?:{_WORD}|et al\.)){{0,8}}"
_CASE_NAME = linear.compile(
    rf"{_PARTY},? (?:v|vs|against)\.? {_PARTY}|(?:In re|Ex parte|[Mm]atter of) (?:the )?{_PARTY}"
)
_VERSUS = re.compile(r",? (?:v|vs|against)\.? ")
_AFTER_CASE = linear.compile(
    r"^(?:[\s,;:]*(?:\d{1,5}(?:\s?[-\x{2013}]\s?\d{1,5})?|n\. ?\d+|\x{00b6}+ ?\d+|\([^()]{0,40}(?:1[6-9]|20)\d\d\)|at|pp?\.|et seq\.))+"
)
_NEUTRAL = linear.compile(r"\b(?:19|20)\d\d[- ][A-Z]{2,6}[- ]\d{1,4}\b,?(?:\s+\x{00b6}*\s?\d+(?:[-\x{2013}]\d+)?,)?")
_JOINED = re.compile(r"\[CASE\](?:[\s,;:.()]|\b(?:and|at|see|See|citing|quoting|also|Id|id|accord|cf|Cf)\b)*\[CASE\]")
_RELATED = re.compile(
    r"\[CASE\],? ?(?:(?:cert\. (?:denied|granted|quashed)|rev'd|aff'd|overruled|modified)[^.;]{0,60}?\[CASE\])"
)
_PARAGRAPH_MARKS = re.compile(r"\{\d{1,3}\}|(?<=[.?!\"”])\s?\(?\d{1,3}[.)]\s?(?=[A-Z])|&(?:amp|emdash|nbsp);")
_HEADER = re.compile(
    r"^[^\w{(]*(?:OPINION|MEMORANDUM|DECISION|ORDER)?[\s:.,]*(?:[A-Z][\w.,' ’-]{0,60}?(?:Judge|Justice|J|C\. ?J|P\. ?J|JJ)\b[.,:;—\s]*)?"
    r"(?:delivered the opinion of the Court\.?)?[^\w{(]*(?:1\.|\{1\}|\(1\))?\s*"
)
_CUES = (
    re.compile(
        r"\b(?:issues?\b(?! a)|questions? (?:is|are|presented|before|whether|on|in|which|we|of)|whether|contends?|contention|argues?|"
        r"challenges?|assigns?(?: as)? error|error is assigned|complains? (?:of|that)|convict(?:ed|ion)s? (?:of|for)|"
        r"claims? that|asserts? that|appeals? (?:from|the|his|her|their))\b"
    ),
    re.compile(
        r"\b(?:action (?:for|to|by|in)|suit (?:for|to|by|in)|charged with|indicted|sued|seeks?|motion (?:for|to)|error)\b"
    ),
)
_OPENING = re.compile(r"^[^\w\[({]*(?:[\[({]?\s*\d{1,3}\s*[\])}.]+)?[^\w\[({]*")
_COUNSEL = re.compile(
    r"\b(?:for (?:the )?(?:appell|plaintiff|defendant|petitioner|respondent|state|people|motion)|attorneys?\b|counsel\b|esq|"
    r"solicitor|argued|decided|submitted|before|present)\b|^\W*\[?(?:No|Civ|Crim|Docket)\b",
    re.IGNORECASE,
)
_LOWER_WORD = re.compile(r"(?<![\w’'])[a-z]{2,}")
_CAPITALISED = re.compile(r"[A-Z][\w’'-]{3,}")
_NOT_A_NAME = frozenset(
    re.findall(
        r"\w+",
        "state states united people commonwealth the and of in re ex parte inc co corp company ltd llc city county town "
        "board commission department division bank insurance school district university hospital railroad railway "
        "national american general estate matter america new mexico texas california virginia york florida alaska "
        "michigan court supreme appeals appellate superior circuit federal housing motor vehicle public service trust "
        "congress children youth families human services taxation revenue workers compensation",
    )
)


@dataclass(frozen=True)
class Masked:
    """A shown text, and the range of the field that it was made from."""

    text: str
    field: str
    start: int
    end: int


def query_text(opinion: str, place: int, mentions: Iterable[Mention], hidden: frozenset[str]) -> Masked:
    """The beginning of an opinion, in whole sentences where it can be, at most QUERY_CHARS characters when masked."""
    start = _body_start(opinion)
    end = min(len(opinion), start + 2 * QUERY_CHARS)
    shown = _opened(mask(opinion, (start, end), mentions, hidden))
    if len(shown) > QUERY_CHARS:
        cut = shown.rfind(". ", QUERY_CHARS // 2, QUERY_CHARS)
        shown = shown[: cut + 1] if cut > 0 else shown[:QUERY_CHARS].rsplit(" ", 1)[0]
    return Masked(shown, f"opinions/{place}", start, end)


def blurb(head_matter: str, opinion: str, place: int, mentions: list[Mention], hidden: frozenset[str]) -> Masked | None:
    """One or two sentences that say what the case is about: its first headnote, else the first that names an issue."""
    found = _headnote(head_matter)
    if found:
        text = mask(head_matter, found, [], hidden)
        if _says_enough(text):
            return Masked(_shortened(text), "head_matter", *found)
    start = _body_start(opinion)
    spans = sentence_spans(opinion[start : start + _LOOKED_THROUGH])
    for low, high in sorted(spans, key=lambda span: _rank(opinion[start + span[0] : start + span[1]]))[:40]:
        text = mask(opinion, (start + low, start + high), mentions, hidden)
        if _says_enough(text):
            return Masked(_shortened(text), f"opinions/{place}", start + low, start + high)
    return None


def names_to_hide(opinion: str, mentions: Iterable[Mention], own: Iterable[str]) -> frozenset[str]:
    """The distinctive words of the names of the case itself and of those that it cites."""
    names = list(own)
    for one in mentions:
        before = opinion[max(0, one.start - _NAME_CHARS) : one.start]
        hit = list(_CASE_NAME.finditer(before))
        names += [hit[-1].group()] if hit else []
    words = {word.strip("'’-") for name in names for word in _CAPITALISED.findall(name)}
    common = set(_LOWER_WORD.findall(opinion))
    return frozenset(word for word in words if word.lower() not in common and word.lower() not in _NOT_A_NAME)


def mask(text: str, span: tuple[int, int], mentions: Iterable[Mention], hidden: frozenset[str]) -> str:
    """A range of a text on one line, without anything that says which cases it is, or is about."""
    low, high = span
    pieces: list[str] = []
    position = low
    inside = [one for one in mentions if one.start >= low and one.end <= high]
    for one, following in zip_longest(inside, inside[1:]):
        if one.start >= position:
            stop = min(high, one.end + 80, following.start if following else high)
            after = _AFTER_CASE.match(text[one.end : stop])
            pieces += [text[position : one.start], CASE]
            position = one.end + (after.end() if after else 0)
    shown = _PARAGRAPH_MARKS.sub(" ", "".join([*pieces, text[position:high]]))
    shown = _NEUTRAL.sub(CASE, " ".join(shown.split()))
    shown = _CASE_NAME.sub(CASE, shown)
    before = ""
    while before != shown:
        before = shown
        shown = _RELATED.sub(CASE, _JOINED.sub(CASE, shown))
    words = "|".join(sorted(map(re.escape, hidden)))
    shown = re.sub(rf"\b(?:{words})\b(?:['’]s)?", NAME, shown) if words else shown
    shown = re.sub(r"\[NAME\](?:[\s,&-]+(?:[A-Z]\.\s*)*\[NAME\])+", NAME, shown)
    return re.sub(r"\s+([,.;:)])", r"\1", shown).strip()


def _body_start(opinion: str) -> int:
    """Where the text begins after the author's line."""
    header = _HEADER.match(opinion)
    first = opinion.find("\n", 0, 90)
    return max(header.end() if header else 0, first + 1)


def _headnote(head_matter: str) -> tuple[int, int] | None:
    """The first paragraph of the head matter that states law or facts, not parties, dates or counsel."""
    at = 0
    for line in head_matter[:_HEAD_CHARS].split("\n"):
        start, at = at, at + len(line) + 1
        if len(_LOWER_WORD.findall(line)) >= 2 * MIN_BLURB_WORDS and not _COUNSEL.search(line[:120]):
            return start, start + len(line)
    return None


def _rank(sentence: str) -> int:
    return next((rank for rank, cue in enumerate(_CUES) if cue.search(sentence)), len(_CUES))


def _says_enough(text: str) -> bool:
    return len(_LOWER_WORD.findall(text)) >= MIN_BLURB_WORDS


def _shortened(text: str) -> str:
    text = _opened(text)
    if len(text) <= BLURB_CHARS:
        return text
    return text[:BLURB_CHARS].rsplit(" ", 1)[0].rstrip(" ,;:(") + " …"


def _opened(text: str) -> str:
    """Without what stands before the first word: bars, dashes and the number of the paragraph."""
    text = _OPENING.sub("", text)
    return text[:1].upper() + text[1:]

"""The decision below that an opinion reviews: where it cites it, and whether the last order affirms it.

A court seldom names the decision that it reviews, since the name is its own case's: it says what that court did and puts
the locator after it (`The Second Circuit reversed. 894 F. 3d 449 (2018).`). Some name it where they say what is appealed
(`Employer appeals from an opinion of the Court of Appeals, see Banks v. IMC Co., 2003-NMCA-016`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cap_rlvr.law.hierarchy import Seat, seat_of_citation
from cap_rlvr.law.mentions import Cited, places

_SENTENCE_BEFORE = re.compile(r"[.”\"][”\"]?\s*(?:See )?$")
_YEAR_AFTER = re.compile(r"(?:,\s*\d{1,5}(?:\s*[-–]\s*\d{1,4})?)*\s*\((?:(CA(?:\d{1,2}|DC|Fed)) )?(\d{4})\)")
_ADV = r"(?:(?:therefore|accordingly|now|hereby|thus|also) )?"
_AFFIRMS = re.compile(
    rf"[Jj]udgments? of the (?:U\. ?S\. |D\. ?C\. |[^.;§]){{0,120}}?\b(?:is|are)\s+{_ADV}(?i:affirmed)\b|"
    rf"\b[Ww]e {_ADV}affirm the (?:judgment|decision|opinion) of the (?:U\. ?S\. |D\. ?C\. |[^.;§]){{5,120}}|"
    rf"\b[Ww]e {_ADV}affirm the (?:[A-Z]\w+ Circuit's (?:judgment|decision)|Court of Appeals)\b[^.;§]{{0,120}}"
)
_BELOW = re.compile(r"Court of Appeals?|Circuit|Supreme (?:Judicial )?Court|Appellate Division|Appeals Court")
_OTHERWISE = re.compile(r"\b(?:revers(?!ib)|vacat|quash)\w*|\bin part\b", re.IGNORECASE)
_APPEALED = re.compile(
    r"(?:\bappeals? (?:from|to) (?:[^.;]{0,40} )?(?:decision|opinion|judgment|Court of Appeals)\b|\badopt the opinion of the Court of Appeals\b)"
    r"[^;]{0,200}$"
)
_HEARD = re.compile(
    r"\b(?:affirm|revers|vacat|den|reject|h[eo]ld|agree|dismiss|grant|rul|conclud|declin)\w*\b|\bpetition\b"
)
# What the court itself does to the decision on review, in a verb of the present: `We granted certiorari, …, and now affirm`.
_DISPOSES = re.compile(
    r"\b(?:[Ww]e|[Tt]his Court)\b[^;]{0,120}?\b(?:affirm|agree|disagree|reverse|vacate|quash|adopt|approve|disapprove|uphold|hold|conclude|reject)\b|"
    r"\b(?:now|and) (?:affirm|reverse|vacate)\b|\b(?:is|are) (?:[a-z]+ )?(?:affirmed|reversed|vacated|quashed|adopted|approved)\b",
    re.IGNORECASE,
)
_ON_REVIEW = re.compile(
    r"\bcert(?:\.|iorari)? granted\b|\bgranted\b[^.;]{0,80}\b(?:certiorari|petition|review)\b|"
    r"\b(?:petitions?|petitioned)\b[^.;]{0,80}\bcertiorari\b|\bon (?:writ of )?certiorari\b|\bwrit of certiorari to\b"
)
MAX_AGE = 4  # years between the decision below and the decision on review
TAIL = 800
FIRST_PART = 2_500  # characters


def decision_below(text: str, year: int | None) -> tuple[Cited, Seat | None] | None:
    """The one reported decision that a text gives without a name, as the act of the court below; None if unsure."""
    found: dict[str, Cited] = {}
    for start, end, written, reporter in places(text):
        # `598 U. S. ___ (2022)` is this court's own grant of review, not the decision reviewed.
        if (
            start > 0.7 * len(text)
            or reporter == "U.S."
            or not _SENTENCE_BEFORE.search(text[max(0, start - 8) : start])
        ):
            continue
        dated = _YEAR_AFTER.match(text, end)
        before = text[max(0, start - 400) : start]
        if not dated or not (_HEARD.search(before) and _BELOW.search(before)):
            continue
        age = year - int(dated.group(2)) if year else 0
        if 0 <= age <= MAX_AGE:
            cited = Cited("", (written,), (reporter,), dated.group(1) or "", dated.group(2), start, dated.end())
            found.setdefault(cited.key, cited)
    if len(found) != 1:
        return None
    cited = next(iter(found.values()))
    return cited, seat_of_citation(cited.reporters, cited.court)


def named_decision_below(cited: Sequence[Cited], text: str, seat: Seat) -> Cited | None:
    """The one decision of an intermediate court of the same system that a text names as what is appealed from.

    It stands in the first part of the text, before anything else of that court can be spoken of.
    """
    found: dict[str, Cited] = {}
    for one in cited:
        below = seat_of_citation(one.reporters, one.court)
        reviewed = below is not None and below.level == "middle" and below.system == seat.system
        if one.start < FIRST_PART and reviewed and _APPEALED.search(text[max(0, one.start - 300) : one.start]):
            found.setdefault(one.key, one)
    return next(iter(found.values())) if len(found) == 1 else None


def under_review(cited: Sequence[Cited], text: str) -> frozenset[str]:
    """The keys of the decisions that the first part of a text may tell of as what is reviewed: more, rather than fewer.

    Near the citation stands that the review was granted, or what is appealed, and that a court of appeals decided it.
    """
    keys: set[str] = set()
    for one in cited:
        if one.start >= FIRST_PART:
            break
        before, after = text[max(0, one.start - 300) : one.end], text[one.end : one.end + 200]
        told = _BELOW.search(before) and (_ON_REVIEW.search(before) or _ON_REVIEW.search(after))
        if told or _APPEALED.search(before):
            keys.add(one.key)
    return frozenset(keys)


def disposes(passage: str) -> bool:
    """Whether a passage may say what the court does to the decision that it reviews."""
    return bool(_DISPOSES.search(passage))


def affirming_words(text: str) -> tuple[int, int] | None:
    """Where the text says last that the judgment of a court of appeals is affirmed, and nothing else is ordered."""
    plain = text.replace("’", "'")
    if _OTHERWISE.search(plain[-TAIL:]):
        return None
    hits = [hit for hit in _AFFIRMS.finditer(plain) if _BELOW.search(hit.group())]
    if not hits or _OTHERWISE.search(plain[hits[-1].start() : hits[-1].end() + 150]):
        return None
    return hits[-1].span()

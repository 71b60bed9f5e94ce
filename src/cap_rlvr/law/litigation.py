"""The decision below that an opinion reviews: where it cites it, and whether the last order affirms it.

A court seldom names the decision that it reviews, since the name is its own case's: it says what that court did and puts
the locator after it (`The Second Circuit reversed. 894 F. 3d 449 (2018).`).
"""

from __future__ import annotations

import re

from cap_rlvr.law.hierarchy import Seat, seat_of_citation
from cap_rlvr.law.mentions import Cited, places

_SENTENCE_BEFORE = re.compile(r"[.”\"][”\"]?\s*(?:See )?$")
_YEAR_AFTER = re.compile(r"(?:,\s*\d{1,5}(?:\s*[-–]\s*\d{1,4})?)*\s*\((?:(CA(?:\d{1,2}|DC|Fed)) )?(\d{4})\)")
_AFFIRMS = re.compile(
    r"[Jj]udgments? of the [^.;§]{0,120}?\b(?:is|are)\s+(?i:affirmed)\b|"
    r"\b[Ww]e (?:therefore |accordingly |now |hereby )?affirm the (?:judgment|decision) of the [^.;§]{5,120}"
)
_BELOW = re.compile(r"Court of Appeals?|Circuit|Supreme (?:Judicial )?Court|Appellate Division|Appeals Court")
_OTHERWISE = re.compile(r"\b(?:revers|vacat|remand)\w*", re.IGNORECASE)
_HEARD = re.compile(
    r"\b(?:affirm|revers|vacat|den|reject|h[eo]ld|agree|dismiss|grant|rul|conclud|declin)\w*\b|\bpetition\b"
)
MAX_AGE = 4  # years between the decision below and the decision on review
TAIL = 800


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


def affirming_words(text: str) -> tuple[int, int] | None:
    """Where the text says last that the judgment of a court of appeals is affirmed, and nothing else is ordered."""
    if _OTHERWISE.search(text[-TAIL:]):
        return None
    hits = [hit for hit in _AFFIRMS.finditer(text) if _BELOW.search(hit.group())]
    return hits[-1].span() if hits else None

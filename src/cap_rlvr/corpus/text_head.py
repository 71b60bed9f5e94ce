"""Name, docket, date and court, read from the head matter of a text row."""

from __future__ import annotations

import re
from dataclasses import dataclass

_MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_MONTH = r"(Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*\.?"
_DATE = re.compile(rf"\b{_MONTH} (\d{{1,2}})(?:st|nd|rd|th|d)?,? *(1[5-9]\d\d|20\d\d)\b", re.IGNORECASE)
_DOCKET = re.compile(
    r"\b(?:(?:Record|Case|Civ|Crim|Civil|Criminal|Docket|Cause|Appeal|Cr)\.?\s+)*(?:Nos?|NOS?)\.? ?:? ?(?=[A-Z]{0,4}[ -]?\d)"
    r"(?P<number>[^\n]{1,120}?)(?=\.? *(?:$|\n)|[.,;]? (?:Argued|Decided|Submitted|Filed|Opinion|Motion|Appeal|[A-Z][a-z]+ \d)|\. [A-Z][a-z])"
)
_COURT = re.compile(
    r"\W{0,2}(?P<name>(?:The |In the )?(?:United States|U\. ?S\.|Supreme|Superior|Court of|Circuit|District|County|"
    r"[A-Z][a-z]+ (?:Supreme|Superior|Circuit|District|Court of))\b[^\n;:]{0,90})"
)
_NOT_THE_COURT = re.compile(
    r"\b(?:from|to|[Aa]ppeal|[Ee]rror|[Cc]ertiorari|[Bb]efore|[Aa]ffirmed|v|vs|Case|Attorney|Judge|[Jj]urisdiction)\b"
)
_TITLE_WITH_NUMBER = re.compile(
    r"(?P<name>.+?), (?P<number>(?:No\. )?\d+[A-Z]?-?\d*,? ?(?:Orig\.?)?|\d+ S\. Ct\. \d+)$"
)
_NOT_A_NAME = re.compile(
    r"(?i)^\W*(?:no\.|nos\.|decided|filed|argued|submitted|\d|\(|appeal from|error (?:from|to)|opinion\b)"
)
_CASE_NAME = re.compile(
    r"\b(?:v|vs|against)\b\.?\s|^\W*(?:In re|In the matter|Ex parte|(?:Matter|Estate|Petition|Application|Will) of)\b",
    re.IGNORECASE,
)
MAX_NAME = 400


@dataclass(frozen=True)
class Head:
    """What a head matter tells; empty where it doesn't."""

    name: str = ""
    docket_number: str = ""
    decision_date: str = ""
    court: str = ""


def read_head(head: str) -> Head:
    """Read the head matter (or the title line) of a text row."""
    lines = [line.strip() for line in head.split("\n") if line.strip()]
    if not lines:
        return Head()
    titled = _TITLE_WITH_NUMBER.fullmatch(lines[0]) if len(lines) == 1 else None
    if titled:
        return Head(name=titled["name"], docket_number=titled["number"])
    docket = _DOCKET.search(head)
    return Head(
        name=_name(lines),
        docket_number=_docket(docket.group()) if docket else "",
        decision_date=read_date(head),
        court=next((court for court in map(_court, lines[:8]) if court), ""),
    )


def _docket(found: str) -> str:
    number = " ".join(found.split())
    if number.count("(") > number.count(")"):
        number = number[: number.rindex("(")]
    if number.count(")") > number.count("("):
        number = number.replace(")", "")
    return number.rstrip(".,;- ")


def _court(line: str) -> str:
    """A line that is a court's name; lines that tell from which court an appeal came are none."""
    hit = _COURT.fullmatch(line)
    if hit is None or "Court" not in line or _NOT_THE_COURT.search(line):
        return ""
    return hit["name"].rstrip(". ")


def read_date(text: str) -> str:
    """The last full date of a text as `YYYY-MM-DD` (arguments come before decisions), or nothing."""
    dates = list(_DATE.finditer(text[:3000]))
    if not dates:
        return ""
    month, day, year = dates[-1].groups()
    number = next(n for n, name in enumerate(_MONTHS, 1) if name.startswith(month.lower()[:3]))
    return f"{year}-{number:02}-{int(day):02}" if 1 <= int(day) <= 31 else year


def _name(lines: list[str]) -> str:
    """The case's name: the first line with `v.` or `In re`, with its neighbours where a caption is set in lines."""
    named = (index for index, line in enumerate(lines[:6]) if _CASE_NAME.search(line[:MAX_NAME] + " "))
    index = next((index for index in named if not _NOT_A_NAME.match(lines[index])), 0)
    line = _whole(lines, index)
    return "" if _NOT_A_NAME.match(line) or len(line) > MAX_NAME else line.strip(" *.")


def _whole(lines: list[str], index: int) -> str:
    line = lines[index]
    if re.match(r"(?i)(?:v|vs|against)\b", line) and index:
        line = f"{lines[index - 1]} {line}"
    if re.search(r"(?i)\b(?:v|vs|against)\.?$", line) and index + 1 < len(lines):
        line = f"{line} {lines[index + 1]}"
    return line

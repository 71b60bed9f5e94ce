"""Which words of a decision are the court's: its majority opinion, separate opinions, and opinions on rehearing."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cap_rlvr.wire.case import Opinion

UNATTRIBUTED = "unattributed"  # words whose author a text source does not tell: no task may use them as the court's
BOTH = "concurring-in-part-and-dissenting-in-part"

_COURT = {"majority", "unanimous", "on-the-merits"}
_LATER = {"rehearing", "on-the-merits"}
_SEPARATE = {"dissent", "concurrence", BOTH, "plurality", "mixed"}

_REHEARING = re.compile(
    r"\W*(?:(?:appell\w+|relator|state|petitioner|defendant|respondent)[’']?s?[’']?\s+)?(?:on\s+)?"
    r"(?:\w+[’']?s?\s+){0,3}(?:motion\s+(?:for|to)\s+(?:a\s+)?rehearing|rehearing|petition\s+for\s+(?:a\s+)?rehearing)",
    re.IGNORECASE,
)
_MERITS = re.compile(r"\W*on the merits\b", re.IGNORECASE)
_LABEL_CONCUR = re.compile(r"\bconcur(?:s|ring)?\b", re.IGNORECASE)
_LABEL_DISSENT = re.compile(r"\bdissent(?:s|ing)?\b", re.IGNORECASE)
_LABEL_ALONE = 90
_LABEL_LENGTH = 160  # an opinion's author and label stand in its first lines
_SPEAKS_APART = re.compile(
    r"\bI (?:must |therefore |also |fully |respectfully |reluctantly |barely )*(?:dissent|concur|join (?:the|in the|in))\b"
    r"|\bI (?:can ?not|am unable to|do not) (?:agree|concur)\b"
    r"|\bI would (?:affirm|reverse|vacate|remand|hold|dismiss|grant|deny)\b"
    r"|\bmy (?:brethren|colleagues|brothers|associates)\b",
)
_QUOTED = re.compile(r"[“\"][^”\"]{0,2000}[”\"]")


def majority_index(opinions: Sequence[Opinion]) -> int | None:
    """The opinion of the court: the first of type majority, unanimous or on-the-merits; None where none is known to be."""
    for index, opinion in enumerate(opinions):
        if opinion.type in _COURT and opinion.text.strip():
            return index
    return None


def later_indexes(opinions: Sequence[Opinion]) -> tuple[int, ...]:
    """The court's later opinions in the same case (rehearing, on the merits), which may change its judgment."""
    first = majority_index(opinions)
    return tuple(i for i, opinion in enumerate(opinions) if opinion.type in _LATER and (first is None or i > first))


def separate_indexes(opinions: Sequence[Opinion]) -> tuple[int, ...]:
    """Opinions that do not speak for the court: dissents, concurrences, pluralities, mixtures."""
    return tuple(i for i, opinion in enumerate(opinions) if opinion.type in _SEPARATE)


def type_of_opening(text: str, author: str = "") -> str | None:
    """An opinion's type as its first words tell it, in CAP's words; None where they tell nothing.

    `DAVIDSON, Judge (dissenting).` -> dissent; `ON APPELLANT'S MOTION FOR REHEARING` -> rehearing. Where no label
    stands there, a first sentence of the judge's own (`I concur in the result`) tells.
    """
    opening = text.lstrip()[:_LABEL_LENGTH]
    if _REHEARING.match(opening):
        return "rehearing"
    if _MERITS.match(opening):
        return "on-the-merits"
    after = opening.removeprefix(author).lstrip(" \n—-")[:_LABEL_ALONE].split("\n")[0]
    found = _separate(f"{author} {after}" if author else opening)
    return found or (_separate(opening) if _SPEAKS_APART.search(opening) else None)


def _separate(label: str) -> str | None:
    dissents, concurs = bool(_LABEL_DISSENT.search(label)), bool(_LABEL_CONCUR.search(label))
    if dissents and concurs:
        return BOTH
    return "dissent" if dissents else "concurrence" if concurs else None


def speaks_apart(text: str) -> bool:
    """Whether a text speaks as one judge against or beside the court (`I dissent`, `I would affirm`), outside quotations.

    A sign that words which bear no label are not the majority's; not a proof.
    """
    hit = _SPEAKS_APART.search(text)
    if hit is None:
        return False
    return bool(_SPEAKS_APART.search(_QUOTED.sub(" ", text)))

"""Running heads of printed slip opinions: a page number, the case's name, and whose opinion the page belongs to.

They stand in the middle of sentences, so they are removed; but they are also the best witness of whose words
the pages carry, since such prints often lack a line that says where a separate opinion begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from cap_rlvr.law.offsets import Edit

_HEAD = re.compile(
    r"""\n[ \t]*\n(?:
        [ ]*(?P<left>\d{1,3})[ ]{2,}(?=[^\n]*[A-Z]{2})[^\n]{3,75}\n(?:[ ]{4,}[^\n]{3,75}\n){0,2}
      | [ ]*Cite[ ]as:\s*\d{1,3}[ ]U\.[ ]?S\.[^\n(]*\s*\((?P<year>\d{4})\)[ ]+(?P<right>\d{1,3})[ ]*\n
    )(?:[ \t]*\n)*
    (?P<owner>(?:[ ]{4,}[^\n]{3,75}(?:\n|$)){1,5})(?=[ \t]*(?:\n|$))""",
    re.VERBOSE,
)
_BARE_HEAD = re.compile(
    r"""\n[ \t]*\n(?:
        [ ]*Cite[ ]as:\s*\d{1,3}[ ]U\.[ ]?S\.[^\n(]*\s*\(\d{4}\)[ ]+\d{1,3}[ ]*(?=\n|$)
      | [ ]*\d{1,3}[ ]{2,}[A-Z][A-Z .,’'&()-]+(?:v\.|EX[ ]REL\.)[A-Z .,’'&()-]*(?:\n[ ]{4,}[A-Z .,’'&()v-]+)?(?=\n[ \t]*\n)
    )""",
    re.VERBOSE,
)
_START = "\n\n"  # so that a head at the very start looks like all others
_OWNER = re.compile(r"Opinion|Per Curiam|Statement|Appendix|Decree|concurring|dissenting|Syllabus|Order")
_NAME = re.compile(r"[A-Z]{3,}")
_END_OF_NOTES = "\n——————\n"
_BLANK_LINES = re.compile(r"(?:[ \t]*\n)+")
_RULE = re.compile(r"\n[—_-]{4,}\n")


class Voice(StrEnum):
    """Who speaks on a page."""

    COURT = "court"
    PART = "part"  # "Opinion of KAGAN, J.": the lead opinion's parts that no majority joined, or a separate opinion
    DISSENT = "dissent"
    CONCURRENCE = "concurrence"
    BOTH = "concurring-in-part-and-dissenting-in-part"
    OTHER = "other"  # appendix, statement, syllabus


@dataclass(frozen=True)
class PageHead:
    """A running head at [start, end) of the text; ``names`` are the capitalised names in it (parts of, if garbled)."""

    start: int
    end: int
    page: int
    voice: Voice
    names: frozenset[str]
    year: int | None


def page_heads(text: str) -> list[PageHead]:
    """The running heads that name a page's owner, in order."""
    if not any(sign in text for sign in ("Cite as:", "Opinion of ", ", J., ")):
        return []
    heads: list[PageHead] = []
    for hit in _HEAD.finditer(_START + text):
        owner = " ".join(hit["owner"].split())
        if _OWNER.search(owner):
            year = int(hit["year"]) if hit["year"] else None
            page = int(hit["left"] or hit["right"])
            heads.append(
                PageHead(
                    max(0, hit.start() - len(_START)), hit.end() - len(_START), page, _voice(owner), _names(owner), year
                )
            )
    return heads


def find_running_heads(text: str) -> Iterator[Edit]:
    """Edits that remove running heads; where a page ends in footnotes, a second rule parts them from the next."""
    spans = [(head.start, head.end) for head in page_heads(text)]
    if not spans and "Cite as:" not in text:
        return
    spans += [(max(0, hit.start() - 2), hit.end() - 2) for hit in _BARE_HEAD.finditer(_START + text)]
    done = 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start < done:
            continue
        blank = _BLANK_LINES.match(text, end)
        gap = _END_OF_NOTES if _RULE.search(text, done, start) else "\n" if start else ""
        done = blank.end() if blank else end
        yield Edit(start, done, gap)


def _voice(owner: str) -> Voice:
    concurs, dissents = "concurring" in owner, "dissenting" in owner
    if concurs and dissents:
        return Voice.BOTH
    if concurs or dissents:
        return Voice.CONCURRENCE if concurs else Voice.DISSENT
    if "Appendix" in owner or "Statement" in owner or "Syllabus" in owner:
        return Voice.OTHER
    return Voice.PART if "Opinion" in owner and re.search(r"\bJ\.", owner) else Voice.COURT


def _names(owner: str) -> frozenset[str]:
    return frozenset(_NAME.findall(owner))

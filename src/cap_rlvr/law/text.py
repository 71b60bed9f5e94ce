"""Repair of printed and scanned text: encoding damage, page marks, running heads, broken words, wrapped lines.

Each repair is a round of edits, so that any span of the repaired text can be traced to the text as it was read.
Every repair has a cheap test in front, since most texts need none.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise

from cap_rlvr.law.offsets import Edit, Edited
from cap_rlvr.law.running_heads import find_running_heads

_C1 = "\u0080-\u009f\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178"
# UTF-8 read as cp1252 or latin-1: a lead byte's letter before letters that stand for continuation bytes.
_MOJIBAKE = re.compile(rf"[\u00c2-\u00f4][{_C1}\u00a0-\u00bf]")
_FOREIGN_RUN = re.compile(r"[^\x00-\x7f]{2,}")
_NOTHING = "\x00\u00ad\u200b\ufeff"  # soft hyphen, zero-width space, byte order mark
_INVISIBLE_MARKS = f"\r\x0b\x0c\u2028\u2029{_NOTHING}"
_INVISIBLE = re.compile(f"\r\n|[{_INVISIBLE_MARKS}]")
_BRACKETED_PAGE = re.compile(r"\[\*{1,3}\d{1,5}\](?:[ \t]*\[\*{1,3}\d{1,5}\])*")
_INLINE_PAGE = re.compile(r"(?<![\w*])\*(\d{1,5})(?![\d*])")
_LINE_END_HYPHEN = re.compile(r"([A-Za-z]+)-[ \t]*\n\s*([a-z]+)")
_WORD = re.compile(r"[a-z]++(?!-[ \t]*\n)")  # not the first half of a broken one
_COMPOUND = re.compile(r"[a-z]+-[a-z]+")
_HEADING = re.compile(r"[IVXLC]{1,4}\.?|[A-Z]")
_ABBREVIATED = re.compile(r"\b(?:U\. ?S|S\. ?Ct|F|Supp|Stat|Ed|Cir|No|Inc|Co|Corp|v|vs|Art|App|Ann|Dept|Jr|Mr|Dr)\.$")
_GOES_ON = re.compile(r"[a-z,;.)\]§–]|\(\d{4}\)|\d+ ?(?:U\. ?S|F\.|S\. ?Ct|Stat\b)|(?:Ibid|Id)\.")
_LINE_BREAK = re.compile(r"[ \t]*\n[ \t]*(?:\n[ \t]*)*")
_JOINED_PREFIXES = {
    "over", "under", "inter", "fore", "with", "some", "any", "every", "there", "where", "here", "down", "back", "counter",
    "super", "trans", "extra", "intra", "ultra", "semi", "anti", "sub", "non", "pre", "con", "per", "dis", "mis", "out",
}  # fmt: skip
_JOINED_SUFFIXES = {
    "self",
    "selves",
    "ever",
    "soever",
    "more",
    "wise",
    "while",
    "ward",
    "wards",
    "hood",
    "ship",
    "ships",
    "long",
}
_COMPOUND_PREFIXES = {"self", "well", "quasi", "cross", "half", "vice", "two", "three", "four", "five", "so"}
MAX_COLUMN = 90  # characters in a line of a printed column
MIN_WRAPPED = 6  # lines that go on in the next, before a text is taken for a column
MAX_PAGE_STEP = 3  # a page mark or two may be lost to scanning
MIN_COUNTED = 3
MAX_PAGES = 600  # of one decision, where its last page is not known


def repair(text: str, first_page: str = "", last_page: str = "") -> Edited:
    """A text made readable, with the map to what it was.

    The decision's pages tell its inline star pages (`*259`) from citations of star pages in old books
    (`2 Bl. Com. *349`): without them only bracketed marks (`[*1455]`) and marks that count up are removed.
    """
    edited = Edited(text)
    first = int(first_page) if first_page.isdecimal() else None
    last = int(last_page) if last_page.isdecimal() else None
    rounds: tuple[Callable[[str], Iterator[Edit]], ...] = (
        _encoding,
        _invisible,
        find_running_heads,
        lambda text: _star_pages(text, first, last),
        _wrapped_lines,
        _broken_words,
    )
    for find in rounds:
        edited = edited.apply(list(find(edited.text)))
    return edited


def _encoding(text: str) -> Iterator[Edit]:
    if text.isascii() or not _MOJIBAKE.search(text):
        return
    import ftfy

    for run in _FOREIGN_RUN.finditer(text):
        if _MOJIBAKE.search(run.group()):
            fixed = ftfy.fix_encoding(run.group())
            if fixed != run.group():
                yield Edit(run.start(), run.end(), fixed)


def _invisible(text: str) -> Iterator[Edit]:
    if not any(mark in text for mark in _INVISIBLE_MARKS):
        return
    for hit in _INVISIBLE.finditer(text):
        yield Edit(hit.start(), hit.end(), "" if hit.group() in _NOTHING else "\n")


def _star_pages(text: str, first: int | None, last: int | None) -> Iterator[Edit]:
    if "*" not in text:
        return
    marks = [hit.span() for hit in _BRACKETED_PAGE.finditer(text)]
    if first is None:
        marks += _counted_pages(text)
    else:
        marks += _own_pages(text, first, last if last is not None and last >= first else first + MAX_PAGES)
    done = 0
    for start, end in sorted(marks):
        edit = _without(text, start, end)
        if edit.start >= done:
            done = edit.end
            yield edit


def _own_pages(text: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """Marks that count up through the decision's own pages; all others are someone else's."""
    page = first
    for hit in _INLINE_PAGE.finditer(text):
        number = int(hit.group(1))
        if page < number <= min(last, page + MAX_PAGE_STEP):
            page = number
            yield hit.span()


def _counted_pages(text: str) -> Iterator[tuple[int, int]]:
    """Where the decision's pages are not known: marks that count up one by one, three or more of them."""
    chains: dict[int, list[tuple[int, int]]] = {}  # the number that would come next -> its chain so far
    for hit in _INLINE_PAGE.finditer(text):
        number = int(hit.group(1))
        chains[number + 1] = [*chains.pop(number, []), hit.span()]
    for chain in chains.values():
        if len(chain) >= MIN_COUNTED:
            yield from chain


def _without(text: str, start: int, end: int) -> Edit:
    """Remove a mark and the space around it; a word that it broke is joined, others keep one space."""
    while start and text[start - 1] in " \t":
        start -= 1
    while end < len(text) and text[end] in " \t":
        end += 1
    before, after = text[start - 1 : start], text[end : end + 1]
    if before == "-" and after.islower() and text[start - 2 : start - 1].isalpha():
        return Edit(start - 1, end, "")
    apart = before and after and not before.isspace() and not after.isspace() and after not in ".,;:)]’”"
    return Edit(start, end, " " if apart else "")


def _broken_words(text: str) -> Iterator[Edit]:
    """Join words that a line end broke; compounds keep their hyphen, as far as the text itself tells them."""
    if "-\n" not in text and "- \n" not in text:
        return
    hits = list(_LINE_END_HYPHEN.finditer(text))
    words = Counter(_WORD.findall(text.lower())) if hits else Counter[str]()
    words.subtract(hit.group(2) for hit in hits)
    compounds = set(_COMPOUND.findall(text.lower())) if hits else set[str]()
    for hit in hits:
        left, right = hit.group(1).lower(), hit.group(2)
        chained = text[hit.start() - 1 : hit.start()] == "-" or text[hit.end() : hit.end() + 1] == "-"
        compound = chained or f"{left}-{right}" in compounds or _is_compound(left, right, words)
        yield Edit(hit.end(1), hit.start(2), "-" if compound else "")


def _is_compound(left: str, right: str, words: Counter[str]) -> bool:
    """Two words of the text, where the text does not have them as one."""
    if words[left + right] > 0 or left in _JOINED_PREFIXES or right in _JOINED_SUFFIXES:
        return False
    if left in _COMPOUND_PREFIXES:
        return True
    return len(left) > 3 and len(right) > 2 and words[left] > 0 and words[right] > 0


def _wrapped_lines(text: str) -> Iterator[Edit]:
    """Undo line wrapping where a text was printed in a narrow column; paragraphs and centred headings stay."""
    if not _is_wrapped(text):
        return
    line_start = 0
    for hit in _LINE_BREAK.finditer(text):
        line = text[line_start : hit.start()]
        joint = _joint(line, hit.group(), text[hit.end() : hit.end() + 80])
        line_start = hit.end()
        if joint is not None:
            yield Edit(hit.start(), hit.end(), joint)


def _is_wrapped(text: str) -> bool:
    """Whether many lines of a column's width go on in lower case in the next line."""
    if text.count("\n") < MIN_WRAPPED:
        return False
    lines = text.split("\n")
    column = sum(1 for line in lines if 30 <= len(line) <= MAX_COLUMN)
    going_on = sum(1 for line, after in pairwise(lines) if 30 <= len(line) <= MAX_COLUMN and after[:1].islower())
    return going_on >= MIN_WRAPPED and going_on >= 0.2 * column


def _joint(line: str, gap: str, following: str) -> str | None:
    """What a line break becomes: nothing or a space where the sentence goes on, None where the break is real."""
    if not line or not following or len(line) > MAX_COLUMN or following[0] in "—_" or not line.strip("—_- "):
        return None
    if line[-1] == "-":
        return None if following[0].islower() else ""
    if len(gap) - len(gap.rstrip(" \t")) >= 2 and not following[0].islower():
        return None  # an indented line begins a paragraph
    ended = _ends_sentence(line)
    blank = gap.count("\n") > 1
    if blank and not _GOES_ON.match(following) and (ended or len(line) < 12):
        return None
    if not blank and ended and len(line) < 30:
        return None
    tight = line[-1] in "—–(§" or (following[0] in ",;.)]–" and not following.startswith(". ."))
    return "" if tight else " "


def _ends_sentence(line: str) -> bool:
    """A sentence's end, with quotation marks or a footnote's number after it, or a heading."""
    stripped = line.rstrip("0123456789") if line[-1].isdigit() and len(line) > 3 else line
    if stripped.rstrip("\"'’”)]")[-1:] in (".", "?", "!", ":"):
        return not _ABBREVIATED.search(line)
    return bool(_HEADING.fullmatch(line))

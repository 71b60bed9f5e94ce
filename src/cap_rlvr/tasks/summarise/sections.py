"""The four parts of a brief in its text: by headings, or where there are none by the phrases that open each part."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from cap_rlvr import linear
from cap_rlvr.tasks.summarise.words import sentences

NAMES = ("issue", "rule", "application", "conclusion")
MAX_PREAMBLE_WORDS = 20  # a title may stand before the first part
_WORDS_FOR = {
    "issue": "issue", "issues": "issue", "question presented": "issue", "question": "issue", "issue presented": "issue",
    "rule": "rule", "rules": "rule", "rule of law": "rule", "law": "rule", "governing law": "rule", "applicable law": "rule",
    "application": "application", "analysis": "application", "conclusion": "conclusion", "disposition": "conclusion",
}  # fmt: skip
_KEYWORD = "|".join(sorted((word.replace(" ", "[ \t]+") for word in _WORDS_FOR), key=len, reverse=True))
_HEADING = linear.compile(
    r"(?im)(?:^[ \t>*_#(-]*(?:(?:[1-4]|i{1,3}|iv|[a-d])[.):][ \t*_]*)?"
    rf"({_KEYWORD})[*_ \t]*(?:[:][*_ \t]*|[.-][-*_ \t]+|$)"
    rf"|[.?!][\"')\]*_]*[ \t]+[*_]*({_KEYWORD})[*_]*:[*_ \t]*)"
)
_MARKS = str.maketrans({"*": " ", "_": " ", "#": " ", ">": " ", "`": " "})
_CUES = {
    "issue": linear.compile(r"(?i)\b(?:issue|question|whether)\b"),
    "rule": linear.compile(
        r"(?i)^\W*(?:the (?:governing |applicable |controlling |settled )?(?:rules?|law|standard|statute)\b|under\b|by statute\b)"
    ),
    "application": linear.compile(
        r"(?i)^\W*(?:here|in this case|in the present case|applying|on these facts|on this record|measured|the record)\b"
    ),
    "conclusion": linear.compile(
        r"(?i)^\W*(?:therefore|accordingly|for these reasons|for this reason|in conclusion|thus|hence|consequently)\b"
    ),
}


@dataclass(frozen=True)
class Section:
    """One part of a brief: ``start`` to ``end`` is its body in the answer; ``headed`` by a heading, else by a phrase."""

    name: str
    start: int
    end: int
    sentences: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


@dataclass(frozen=True)
class Outline:
    """The parts in order I-R-A-C, or the reason code for which there are none; ``preamble`` stands before the first."""

    sections: tuple[Section, ...]
    preamble: str = ""
    fault: str = ""


def plain(answer: str) -> str:
    """An answer without marks of Markdown, every character still in its place."""
    return answer.translate(_MARKS)


def outline(answer: str) -> Outline:
    """The parts of an answer. Faults: `missing_section`, `sections_out_of_order`, `text_outside_sections`."""
    found = [_heading(hit) for hit in _HEADING.finditer(answer)]
    cut = [(name, low, start) for name, low, start in found if name]
    if not cut:
        return _by_cues(plain(answer))
    order = tuple(name for name, _, _ in cut)
    if order != NAMES:
        return Outline((), fault="missing_section" if set(order) != set(NAMES) else "sections_out_of_order")
    ends = [low for _, low, _ in cut[1:]] + [len(answer)]
    text = plain(answer)
    sections = [_section(text, name, start, end) for (name, _, start), end in zip(cut, ends, strict=True)]
    return _checked(sections, text[: cut[0][1]])


def _heading(hit: Any) -> tuple[str, int, int]:
    """(section, where its heading begins, numbering included, where its body begins)."""
    inline = hit.group(1) is None
    name = _WORDS_FOR.get(" ".join(hit.group(2 if inline else 1).lower().split()), "")
    return name, hit.start(2) if inline else hit.start(), hit.end()


def _by_cues(text: str) -> Outline:
    wanted = list(NAMES)
    starts: list[int] = []
    for start, end in sentences(text):
        if wanted and _CUES[wanted[0]].search(text[start:end]):
            starts.append(start)
            wanted.pop(0)
    if wanted:
        return Outline((), fault="missing_section")
    ends = [*starts[1:], len(text)]
    sections = [_section(text, name, start, end) for name, start, end in zip(NAMES, starts, ends, strict=True)]
    return _checked(sections, text[: starts[0]])


def _section(text: str, name: str, start: int, end: int) -> Section:
    body = text[start:end]
    said = tuple(" ".join(body[low:high].split()) for low, high in sentences(body))
    return Section(name, start, end, said)


def _checked(sections: list[Section], preamble: str) -> Outline:
    preamble = " ".join(preamble.split())
    if any(not section.sentences for section in sections):
        return Outline((), fault="missing_section")
    if len(preamble.split()) > MAX_PREAMBLE_WORDS:
        return Outline((), fault="text_outside_sections")
    return Outline(tuple(sections), preamble)

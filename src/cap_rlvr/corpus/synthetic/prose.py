"""Text under construction: what is printed, which decisions it cites, and where the sentences that matter stand."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from cap_rlvr.corpus.synthetic.chance import Chance
from cap_rlvr.corpus.synthetic.decisions import Decision

_MISREAD = {"the": "tbe", "and": "aud", "his": "bis", "that": "tbat", "was": "wás", "have": "bave", "all": "al1"}
_WORD = re.compile(r"\b(?:the|and|his|that|was|have|all)\b")


@dataclass
class Mark:
    """A range of the text with what it is: `hold`, `disposition` or a citing relation."""

    role: str
    start: int
    end: int
    facts: dict[str, Any]


@dataclass
class Prose:
    """Paragraphs of sentences. ``cites`` lists each full citation made, with its pin page (0: none)."""

    parts: list[str] = field(default_factory=list[str])
    length: int = 0
    marks: list[Mark] = field(default_factory=list[Mark])
    cites: list[tuple[Decision, int]] = field(default_factory=list[tuple[Decision, int]])
    fresh: bool = True

    def say(self, text: str, role: str = "", **facts: Any) -> None:
        """Add a sentence, with a space where the paragraph has begun, and mark it where it has a role."""
        lead = "" if self.fresh else " "
        start = self.length + len(lead)
        self.parts.append(lead + text)
        self.length = start + len(text)
        self.fresh = False
        if role:
            self.marks.append(Mark(role, start, self.length, facts))

    def paragraph(self) -> None:
        """End the paragraph; no effect at the start of one."""
        if not self.fresh:
            self.parts.append("\n")
            self.length += 1
            self.fresh = True

    def text(self) -> str:
        return "".join(self.parts).rstrip("\n")


def misread(text: str, marks: list[Mark], per_million: int, chance: Chance) -> str:
    """Scanning errors in unmarked text, one letter for another, so that every mark stays true.

    ``per_million`` is how many of a million characters begin a misread word.
    """
    expected = len(text) * per_million
    count = expected // 1_000_000 + (chance.below(1_000_000) < expected % 1_000_000)
    for _ in range(count):
        hit = _WORD.search(text, chance.below(len(text)))
        if hit and not any(mark.start < hit.end() and hit.start() < mark.end for mark in marks):
            text = text[: hit.start()] + _MISREAD[hit.group()] + text[hit.end() :]
    return text

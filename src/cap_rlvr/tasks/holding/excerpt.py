"""The part of a decision that a prompt shows: cut around the holding, with every holding in it hidden."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from cap_rlvr.law.holdings import Holding, content_words, like_holdings

Range = tuple[int, int]

MASK = "[HOLDING]"
OTHER_MASK = "[...]"
MIN_CHARS = 1_000  # of real text, masks not counted
MAX_CHARS = 2_400  # about 600 tokens; with five options of 60 words the whole question stays under 1,100
CHARS_BEFORE = (MAX_CHARS * 3 // 5, MAX_CHARS // 8, MAX_CHARS * 7 // 8)  # of the window, before the holding
MAX_LEAD_CHARS = 700  # of a syllabus paragraph before its "Held"
SHORTEST_HIDDEN = 15  # characters; "that" between a cue and the target is not worth a mask
CUE_CHARS = 30  # a cue such as "(holding that" or "we therefore hold" is within this of what follows it
RESTATED = 0.5  # a sentence with this share of the holding's content words (by their first letters) says it again
STEM = 6

_SENTENCE_START = re.compile(r"[.?!][\"”’)\]]*\s+(?=[\"“(\[{]?[A-Z])|\n+(?=\S)|(?=\{\d+\})")


@dataclass(frozen=True)
class Opinion:
    """An opinion's text and the holdings stated in it; what must be hidden is worked out once for all its excerpts."""

    text: str
    holdings: Sequence[Holding]

    @cached_property
    def stated(self) -> list[Range]:
        """The ranges of all that is a holding or speaks like one, in order and apart."""
        own = [(holding.start, holding.end) for holding in self.holdings]
        cues = {holding.cue for holding in self.holdings}
        like = [(low, high) for low, high in like_holdings(self.text) if cues.isdisjoint(range(low - CUE_CHARS, low))]
        return _merged([*own, *like])

    @cached_property
    def sentences(self) -> list[tuple[int, int, frozenset[str]]]:
        """Rough sentences with the stems of their content words; too many breaks do no harm to a comparison of words."""
        breaks = [0, *(match.end() for match in _SENTENCE_START.finditer(self.text)), len(self.text)]
        return [(start, end, stems(self.text[start:end])) for start, end in pairwise(breaks) if end > start]


def around(text: str, target: Range, before: int) -> Range:
    """A window of at most MAX_CHARS from about ``before`` characters before a range, in whole sentences where it can be."""
    start, end = target
    length = min(end - start, MAX_CHARS)
    room = MAX_CHARS - len(MASK)
    low = max(0, min(start - before, len(text) - room - length))
    high = min(len(text), low + room + length)
    opening = _SENTENCE_START.search(text, low, start) if low else None
    low = opening.end() if opening and opening.end() < low + 400 else low
    closing = [match.start() + 1 for match in _SENTENCE_START.finditer(text, end, high)] if high < len(text) else []
    return low, closing[-1] if closing and closing[-1] > high - 600 else high


def masked(opinion: Opinion, window: Range, target: Range | None, gold: str) -> str:
    """A window with the target as MASK and everything else that is like a holding, or like the gold, as OTHER_MASK."""
    low, high = window
    text = opinion.text
    hidden = [(start, end, OTHER_MASK) for start, end in _to_hide(opinion, window, target or (low, low), gold)]
    if target:
        stop = "." if text[target[0] : target[1]].endswith(".") else ""
        hidden.append((*target, MASK + stop))
    pieces: list[str] = []
    position = low
    for start, end, mask in sorted(hidden):
        if end <= position or start >= high:
            continue
        pieces += [text[position : max(position, start)], f" {mask} "]
        position = end
    shown = " ".join("".join([*pieces, text[position:high]]).split())
    shown = re.sub(rf"(?:{re.escape(OTHER_MASK)}\s*){{2,}}", f"{OTHER_MASK} ", shown)
    shown = re.sub(r"\s+([,;:)]|\.(?!\.))", r"\1", re.sub(r"\{\d+\}\s*", "", shown))
    return re.sub(rf"({re.escape(MASK)}[.)]*)\s*\W*{re.escape(OTHER_MASK)}[\s)\"”.]*", r"\1 ", shown)


def visible_chars(shown: str) -> int:
    """The characters of real text in a masked excerpt."""
    return len(shown.replace(MASK, "").replace(OTHER_MASK, ""))


def nearest_window(opinion: Opinion, wanted: str) -> Range:
    """The window of MAX_CHARS - MAX_LEAD_CHARS characters whose sentences share most words with ``wanted``."""
    size = MAX_CHARS - MAX_LEAD_CHARS
    meant = stems(wanted)
    shared = [(start, meant & said) for start, _, said in opinion.sentences if meant & said]
    starts = [start for start, _ in shared] or [0]
    best = max(
        starts, key=lambda low: len(frozenset[str]().union(*(said for at, said in shared if low <= at < low + size)))
    )
    low = max(0, min(best - size // 4, len(opinion.text) - size))
    return _whole_sentences(opinion.text, low, min(len(opinion.text), low + size))


def end_windows(text: str) -> tuple[Range, Range]:
    """The windows of that size at the beginning and the end of a text."""
    size = min(len(text), MAX_CHARS - MAX_LEAD_CHARS)
    return _whole_sentences(text, 0, size), _whole_sentences(text, len(text) - size, len(text))


def _whole_sentences(text: str, low: int, high: int) -> Range:
    middle = (low + high) // 2
    opening = _SENTENCE_START.search(text, low, middle) if low else None
    closing = [match.start() + 1 for match in _SENTENCE_START.finditer(text, middle, high)] if high < len(text) else []
    return opening.end() if opening else low, closing[-1] if closing else high


def _to_hide(opinion: Opinion, window: Range, target: Range, gold: str) -> list[Range]:
    """Holdings of any kind, and sentences that say the gold again, as ranges of the text that leave the target out."""
    ranges = [(start, end) for start, end in opinion.stated if start < window[1] and end > window[0]]
    meant = stems(gold)
    for start, end, said in opinion.sentences:
        inside = start < window[1] and end > window[0] and not start <= target[0] < end
        if inside and len(meant & said) >= RESTATED * len(meant):
            ranges.append((start, end))
    outside: list[Range] = []
    for start, end in _merged(ranges):
        if start < target[1] and end > target[0]:
            outside += [(start, target[0]), (target[1], end)]
        else:
            outside.append((start, end))
    return [(start, end) for start, end in outside if end - start > SHORTEST_HIDDEN]


def stems(text: str) -> frozenset[str]:
    """The content words of a text, each by its first letters."""
    return frozenset(word[:STEM] for word in content_words(text))


def _merged(ranges: Iterable[Range]) -> list[Range]:
    merged: list[Range] = []
    for start, end in sorted(ranges):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged

"""The part of a decision that a prompt shows: cut around the holding, with every holding in it hidden."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

from cap_rlvr.law.holdings import Holding, content_words, like_holdings

Range = tuple[int, int]

MASK = "[HOLDING]"
OTHER_MASK = "[...]"
GAP = "____"
MIN_CHARS = 1_000  # of real text, masks not counted
MAX_CHARS = 2_400  # about 600 tokens; with five options of 60 words the whole question stays under 1,100
CHARS_BEFORE = (MAX_CHARS * 3 // 5, MAX_CHARS * 3 // 10, MAX_CHARS * 7 // 8)  # of the window, before the holding
MAX_LEAD_CHARS = 700  # of a syllabus paragraph before its "Held"
SHORTEST_HIDDEN = 15  # characters; "that" between a cue and the target is not worth a mask
CUE_CHARS = 30  # a cue such as "(holding that" or "we therefore hold" is within this of what follows it
# A sentence with this share of the holding's content words (by their first letters) says it again. The stricter share
# gives excerpts in which the gold is less like what is left, for the rows whose gold must not be the most like it.
RESTATED = (0.5, 0.3)
# Beside a syllabus, whose words are taken out of the opinion one by one: to hide whole the sentence that decides the point
# would leave nothing to tell it by.
RESTATED_BESIDE = (0.75, 0.5)
STEM = 6

_WORD = re.compile(r"[A-Za-z]+")
# No sentence ends with the full stop of "Smith v." or "Sec.", or of an initial.
_SENTENCE_START = re.compile(
    r"([.?!](?<!\bv\.)(?<!\bvs\.)(?<![\s.(][A-Z]\.)(?<!\b[A-Z][a-z]\.)(?<!\bMrs\.)(?<!\bSec\.)(?<!\bCir\.)(?<!\bInc\.)(?<!\bet al\.)"
    r"[\"”’)\]]*)\s+(?=[\"“(\[{]?[A-Z])|\n+(?=\S)|(?=\{\d+\})"
)


@dataclass(frozen=True, eq=False)
class Opinion:
    """An opinion's text and the holdings stated in it. What must be hidden is worked out once for all its excerpts, and
    only where an excerpt is cut.
    """

    text: str
    holdings: Sequence[Holding]
    _stems: dict[int, frozenset[str]] = field(default_factory=dict[int, frozenset[str]])
    _like: dict[int, list[Range]] = field(default_factory=dict[int, list[Range]])

    def stated(self, window: Range) -> list[Range]:
        """The ranges of all in a window that is a holding or speaks like one, in order and apart."""
        low, high = window
        near = [holding for holding in self.holdings if holding.cue < high and holding.end > low]
        cues = {holding.cue for holding in near}
        like = [
            found
            for part in range(max(0, low - MAX_CHARS) // MAX_CHARS, high // MAX_CHARS + 1)
            for found in self._like_in(part)
            if cues.isdisjoint(range(found[0] - CUE_CHARS, found[0])) and found[0] < high and found[1] > low
        ]
        return _merged([*((holding.start, holding.end) for holding in near), *like])

    def _like_in(self, part: int) -> list[Range]:
        """What speaks like a holding from one part of MAX_CHARS characters."""
        if part not in self._like:
            low = part * MAX_CHARS
            self._like[part] = list(like_holdings(self.text, low, low + MAX_CHARS + CUE_CHARS))
        return self._like[part]

    @cached_property
    def _breaks(self) -> list[int]:
        return [0, *(match.end() for match in _SENTENCE_START.finditer(self.text)), len(self.text)]

    def sentences(self, window: Range | None = None) -> Iterator[tuple[int, int, frozenset[str]]]:
        """Rough sentences of a window with the stems of their content words; too many breaks do no harm to a comparison
        of words.
        """
        low, high = window or (0, len(self.text))
        first = max(0, bisect_right(self._breaks, low) - 1)
        for start, end in pairwise(self._breaks[first:]):
            if start >= high:
                return
            if end > start:
                if start not in self._stems:
                    self._stems[start] = stems(self.text[start:end])
                yield start, end, self._stems[start]


def around(text: str, target: Range, before: int) -> Range:
    """A window of at most MAX_CHARS from about ``before`` characters before a range, in whole sentences where it can be."""
    start, end = target
    length = min(end - start, MAX_CHARS)
    room = MAX_CHARS - len(MASK)
    low = max(0, min(start - before, len(text) - room - length))
    high = min(len(text), low + room + length)
    opening = _SENTENCE_START.search(text, low, start) if low else None
    low = opening.end() if opening and opening.end() < low + 400 else _next_word(text, low, start)
    closing = _sentence_ends(text, end, high)
    return low, closing[-1] if closing and closing[-1] > high - 600 else max(end, text.rfind(" ", end, high))


def _next_word(text: str, low: int, high: int) -> int:
    """Where the first whole word begins in a part of a text."""
    return low if low == 0 else text.find(" ", low, high) + 1 or low


def masked(opinion: Opinion, window: Range, target: Range | None, gold: str, restated: float = RESTATED[0]) -> str:
    """A window with the target as MASK and everything else that is like a holding, or like the gold, as OTHER_MASK."""
    low, high = window
    text = opinion.text
    hidden = [
        (start, end, OTHER_MASK) for start, end in _to_hide(opinion, window, target or (low, low), (gold, restated))
    ]
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
    shown = re.sub(rf",(?= {re.escape(MASK)})", "", shown)  # "that, …" would tell that the holding opens with an aside
    shown = re.sub(r"(?<=[.?!\"”)])\s?\d{1,3}\.$", "", shown)  # the number of the paragraph after the last
    return re.sub(
        rf"({re.escape(MASK)}[.)]*)\s*\W*{re.escape(OTHER_MASK)}[\s)\"”.]*", rf"\1 {OTHER_MASK} ", shown
    ).rstrip()


def gapped(shown: str, hidden: Set[str], lead: bool = True) -> str:
    """A masked excerpt with every word of some stems made a gap, but for the lead before its last line if it has one."""
    before, line, part = shown.rpartition("\n") if lead else ("", "", shown)
    part = _WORD.sub(lambda word: GAP if word.group()[:STEM].lower() in hidden else word.group(), part)
    return f"{before}{line}" + re.sub(rf"{GAP}(?:[\s-]+{GAP})+", GAP, part)


def visible_chars(shown: str) -> int:
    """The characters of real text in a masked excerpt."""
    return len(shown.replace(MASK, "").replace(OTHER_MASK, ""))


def chars_before(shown: str) -> int:
    """The characters of real text before the blank."""
    return visible_chars(shown.partition(MASK)[0])


def nearest_window(opinion: Opinion, wanted: str) -> Range:
    """The window of MAX_CHARS - MAX_LEAD_CHARS characters whose sentences share most words with ``wanted``."""
    size = MAX_CHARS - MAX_LEAD_CHARS
    meant = stems(wanted)
    shared = [(start, meant & said) for start, _, said in opinion.sentences() if meant & said]
    starts = [start for start, _ in shared]

    def said_from(low: int) -> int:
        inside = shared[bisect_left(starts, low) : bisect_left(starts, low + size)]
        return len(frozenset[str]().union(*(said for _, said in inside)))

    best = max(starts or [0], key=said_from)
    low = max(0, min(best - size // 4, len(opinion.text) - size))
    return _whole_sentences(opinion.text, low, min(len(opinion.text), low + size))


def end_windows(text: str) -> tuple[Range, Range]:
    """The windows of that size at the beginning and the end of a text."""
    size = min(len(text), MAX_CHARS - MAX_LEAD_CHARS)
    return _whole_sentences(text, 0, size), _whole_sentences(text, len(text) - size, len(text))


def _whole_sentences(text: str, low: int, high: int) -> Range:
    middle = (low + high) // 2
    opening = _SENTENCE_START.search(text, low, middle) if low else None
    closing = _sentence_ends(text, middle, high)
    return opening.end() if opening else low, closing[-1] if closing else high


def _sentence_ends(text: str, low: int, high: int) -> list[int]:
    """Where sentences end in a part of a text; none where the part ends with the text."""
    if high >= len(text):
        return []
    return [found.end(1) if found[1] else found.start() for found in _SENTENCE_START.finditer(text, low, high)]


def _to_hide(opinion: Opinion, window: Range, target: Range, said: tuple[str, float]) -> list[Range]:
    """Holdings of any kind, and sentences that say the gold again, as ranges of the text that leave the target out."""
    ranges = opinion.stated(window)
    gold, restated = said
    meant = stems(gold)
    for start, end, words in opinion.sentences(window):
        if end > window[0] and not start <= target[0] < end and len(meant & words) >= restated * len(meant):
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

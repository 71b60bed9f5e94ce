"""Where repaired text came from: edits, and the map back to the text as it was read."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple


class Edit(NamedTuple):
    """Replace the half-open range [start, end) of a text by ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class _Layer:
    """One round of edits: ends of each edit in the new text, and its range in the old one."""

    new_starts: tuple[int, ...]
    new_ends: tuple[int, ...]
    old_starts: tuple[int, ...]
    old_ends: tuple[int, ...]

    def start(self, position: int) -> int:
        index = bisect_right(self.new_starts, position) - 1
        if index < 0:
            return position
        if position < self.new_ends[index]:
            return self.old_starts[index]
        return self.old_ends[index] + position - self.new_ends[index]

    def end(self, position: int) -> int:
        """The end of the character before ``position``."""
        index = bisect_right(self.new_starts, position - 1) - 1
        if index < 0:
            return position
        if position <= self.new_ends[index]:
            return self.old_ends[index]
        return self.old_ends[index] + position - self.new_ends[index]


@dataclass(frozen=True)
class Edited:
    """A text after rounds of edits. ``origin`` maps its spans to spans of the text that was read."""

    text: str
    _layers: tuple[_Layer, ...] = ()

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of the text as read that became [start, end) of ``text``.

        Removed characters inside the range are within it; those at its borders are not. Where no edit
        touches the range, both texts are equal there. An empty range maps to an empty range.
        """
        empty = end <= start
        for layer in reversed(self._layers):
            low = layer.start(start)
            # What was put where an earlier round had deleted everything came from nowhere: no range may run backwards.
            start, end = low, (end if empty else max(low, layer.end(end)))
        return (start, start) if empty else (start, end)

    def apply(self, edits: Sequence[Edit]) -> Edited:
        """This text after one more round of edits, given in order and without overlap.

        Raises ValueError where edits overlap, are out of order or lie outside the text.
        """
        if not edits:
            return self
        if edits[0].start < 0 or edits[-1].end > len(self.text) or any(a.end > b.start for a, b in pairwise(edits)):
            raise ValueError("edits overlap, are out of order or lie outside the text")
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        at = length = 0
        for edit in edits:
            pieces += (self.text[at : edit.start], edit.text)
            length += edit.start - at
            starts.append(length)
            length += len(edit.text)
            ends.append(length)
            at = edit.end
        pieces.append(self.text[at:])
        layer = _Layer(tuple(starts), tuple(ends), tuple(e.start for e in edits), tuple(e.end for e in edits))
        return Edited("".join(pieces), (*self._layers, layer))

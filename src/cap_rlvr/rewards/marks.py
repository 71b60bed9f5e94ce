"""A text cut where marked ranges begin and end, so that a terminal and a page can show the same marks."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple


class Mark(NamedTuple):
    """A half-open range of characters and what it is."""

    start: int
    end: int
    name: str


class Piece(NamedTuple):
    """A stretch of text; ``opens`` and ``closes`` name the marks that begin before and end after it."""

    text: str
    names: tuple[str, ...]
    opens: tuple[str, ...]
    closes: tuple[str, ...]


def cut(text: str, marks: Sequence[Mark]) -> list[Piece]:
    """The whole text in pieces, in order. Marks may overlap; what lies outside the text is cut off, empty ones go."""
    inside = [Mark(max(0, mark.start), min(len(text), mark.end), mark.name) for mark in marks]
    inside = [mark for mark in inside if mark.start < mark.end]
    edges = sorted({0, len(text), *(mark.start for mark in inside), *(mark.end for mark in inside)})
    return [
        Piece(
            text=text[start:end],
            names=tuple(mark.name for mark in inside if mark.start <= start and end <= mark.end),
            opens=tuple(mark.name for mark in inside if mark.start == start),
            closes=tuple(mark.name for mark in inside if mark.end == end),
        )
        for start, end in pairwise(edges)
    ]

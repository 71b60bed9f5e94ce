"""The stretches of cases that a row's spans point into, cut where marks begin and end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from cap_rlvr.corpus.lookup import field_text
from cap_rlvr.rewards.marks import Mark, Piece, cut
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.rows import Span

_AROUND = 300  # characters of a passage shown before and after what is marked
_NEAR = 2 * _AROUND  # spans nearer to one another than this are shown in one stretch


@dataclass(frozen=True)
class Stretch:
    """Part of a case's field with its marks. ``cut_before`` and ``cut_after`` say whether the field goes on there.

    ``fault``, in place of pieces, is why it can't be shown.
    """

    case_id: str
    field: str
    pieces: tuple[Piece, ...] = ()
    cut_before: bool = False
    cut_after: bool = False
    fault: str = ""


def stretches(spans: Sequence[Span], cases: Mapping[str, Case]) -> Iterator[Stretch]:
    """By case and field, the case with the gold first; one with a fault for a case that is not there."""
    ordered = sorted(spans, key=lambda span: (span.role != "gold", span.case_id, span.field, span.start))
    first = {span.case_id: place for place, span in reversed(list(enumerate(ordered)))}
    ordered.sort(key=lambda span: (first[span.case_id], span.field, span.start))
    for (case_id, field), group in groupby(ordered, key=lambda span: (span.case_id, span.field)):
        here = list(group)
        if case_id not in cases:
            roles = ", ".join(f"{span.role} {span.start}-{span.end}" for span in here)
            yield Stretch(case_id, field, fault=f"not in the sources: {roles}. Name them with --source")
            continue
        try:
            text = field_text(cases[case_id], field)
        except BadData as error:
            yield Stretch(case_id, field, fault=str(error))
            continue
        yield from (_stretch(text, near) for near in _near_ones(here))


def _near_ones(spans: Sequence[Span]) -> Iterator[list[Span]]:
    inside, end = [spans[0]], spans[0].end
    for span in spans[1:]:
        if span.start > end + _NEAR:
            yield inside
            inside = []
        inside.append(span)
        end = max(span.end, end)
    yield inside


def _stretch(text: str, spans: Sequence[Span]) -> Stretch:
    start, end = spans[0].start, min(len(text), max(span.end for span in spans))
    low, high = max(0, start - _AROUND), min(len(text), end + _AROUND)
    low = (text.find(" ", low, start) + 1 or low) if low else 0  # where a word begins and ends, if there is a space
    high = text.rfind(" ", end, high) if high < len(text) and " " in text[end:high] else high
    marks = [Mark(span.start - low, span.end - low, span.role) for span in spans]
    pieces = tuple(cut(text[low:high], marks))
    return Stretch(spans[0].case_id, spans[0].field, pieces, low > 0, high < len(text))

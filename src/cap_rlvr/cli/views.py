"""Rows and the passages that they were made from, for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.text import Text

from cap_rlvr.corpus.lookup import case_link, field_text
from cap_rlvr.rewards.explain import marked_text, printable
from cap_rlvr.rewards.marks import Mark, cut
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.rows import Row, Span

_AROUND = 300  # characters of a passage shown before and after what is marked
_NEAR = 2 * _AROUND  # spans nearer to one another than this are shown in one stretch


def heading(title: str) -> Text:
    """The title of a section."""
    return Text(f"\n{title}", style="bold underline")


def row_line(row: Row) -> Text:
    """What a row is, in one line, and where its case is published."""
    told = [
        row.id,
        row.task,
        row.split or "no split",
        row.kind,
        row.source_kind.value,
        f"difficulty {row.difficulty:g}",
    ]
    told += ["evaluation only"] if row.evaluation_only else []
    return Text(" · ".join(part for part in told if part), style="bold")


def case_line(row: Row, case: Case | None) -> Text:
    """The case: its id, what it is called, and its page where it has one."""
    link = case_link(row.case_id, row.source_kind)
    told = [row.case_id, *([case.name_abbreviation or case.name, case.decision_date] if case else []), link or ""]
    return Text(printable("  ".join(part for part in told if part)))


def passages(spans: Sequence[Span], cases: Mapping[str, Case]) -> RenderableType:
    """Each stretch of a case that spans point into, with the spans marked; a sentence for a case that is not there."""
    ordered = sorted(spans, key=lambda span: (span.role != "gold", span.case_id, span.field, span.start))
    first = {span.case_id: place for place, span in reversed(list(enumerate(ordered)))}
    ordered.sort(key=lambda span: (first[span.case_id], span.field, span.start))
    shown: list[RenderableType] = []
    for (case_id, field), group in groupby(ordered, key=lambda span: (span.case_id, span.field)):
        here = list(group)
        shown.append(Text(("\n" if shown else "") + f"{case_id} {field}", style="dim"))
        if case_id not in cases:
            roles = ", ".join(f"{span.role} {span.start}-{span.end}" for span in here)
            shown.append(Text(f"(not in the sources: {roles}. Name them with --source)", style="yellow"))
            continue
        try:
            shown += list(_stretches(field_text(cases[case_id], field), here))
        except BadData as error:
            shown.append(Text(str(error), style="yellow"))
    return Group(*shown)


def _stretches(text: str, spans: Sequence[Span]) -> Iterator[Text]:
    start, end = spans[0].start, spans[0].end
    inside: list[Span] = []
    for span in spans:
        if span.start > end + _NEAR:
            yield _stretch(text, start, end, inside)
            start, inside = span.start, []
        end = max(span.end, end)
        inside.append(span)
    yield _stretch(text, start, end, inside)


def _stretch(text: str, start: int, end: int, spans: Sequence[Span]) -> Text:
    low, high = max(0, start - _AROUND), min(len(text), end + _AROUND)
    marks = [Mark(span.start - low, span.end - low, span.role) for span in spans]
    marked = marked_text(cut(text[low:high], marks))
    return Text("… " if low else "").append_text(marked).append(" …" if high < len(text) else "")

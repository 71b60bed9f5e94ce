"""Rows and the passages that they were made from, for people."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from rich.console import Group, RenderableType
from rich.text import Text

from cap_rlvr.corpus.lookup import case_link
from cap_rlvr.labels.passages import Stretch
from cap_rlvr.rewards.explain import marked_text, printable
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.rows import Row


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
    return other_case_line(row.case_id, row, case)


def other_case_line(case_id: str, row: Row, case: Case | None) -> Text:
    """The same of another case of the row."""
    link = case_link(case_id, row.source_kind)
    told = [case_id, *([case.name_abbreviation or case.name, case.decision_date] if case else []), link or ""]
    return Text(printable("  ".join(part for part in told if part)))


def passages(found: Iterable[Stretch]) -> RenderableType:
    """Each stretch of a case that spans point into, with the spans marked; a sentence for a case that is not there."""
    shown: list[RenderableType] = []
    by_field = groupby(found, key=lambda one: (one.case_id, one.field))
    for (case_id, field), group in by_field:
        shown.append(Text(("\n" if shown else "") + f"{case_id} {field}", style="dim"))
        shown += [_stretch(one) for one in group]
    return Group(*shown)


def _stretch(one: Stretch) -> Text:
    if one.fault:
        return Text(f"({one.fault})", style="yellow")
    marked = marked_text(list(one.pieces))
    return Text("… " if one.cut_before else "").append_text(marked).append(" …" if one.cut_after else "")

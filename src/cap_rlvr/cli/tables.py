"""Tables of prepared data, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from rich.box import SIMPLE
from rich.table import Table

_REASONS = 3


def yield_tables(lines: Sequence[Mapping[str, Any]]) -> list[Table]:
    """One table a task: for each kind of source and half century the cases read, rows written and refused."""
    tables: list[Table] = []
    for task, group in groupby(lines, key=lambda line: line["task"]):
        columns = ("source", "decided", "cases", "train", "eval", "test", "refused", "mostly because")
        table = Table(*columns, title=f"Rows of {task}", title_justify="left", box=SIMPLE)
        for line in group:
            reasons = sorted(line["refused"].items(), key=lambda item: (-item[1], item[0]))
            mostly = ", ".join(f"{reason} {count:,}" for reason, count in reasons[:_REASONS])
            counts = [line["cases"], *(line["rows"][split] for split in ("train", "eval", "test"))]
            refused = sum(line["refused"].values())
            table.add_row(line["source_kind"], line["era"], *(f"{count:,}" for count in (*counts, refused)), mostly)
        tables.append(table)
    return tables


def sft_table(statistics: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Table:
    """Lines and mean lengths of the supervised sets."""
    table = Table(
        "task", "split", "lines", "prompt", "completion", "sources", title="Supervised sets (characters)", box=SIMPLE
    )
    for task, splits in statistics.items():
        for split, counts in splits.items():
            lines = counts["lines"]
            means = (counts[part] / lines if lines else 0 for part in ("prompt_characters", "completion_characters"))
            sources = ", ".join(f"{kind} {count:,}" for kind, count in sorted(counts["by_source"].items()))
            table.add_row(task, split, f"{lines:,}", *(f"{mean:,.0f}" for mean in means), sources)
    return table

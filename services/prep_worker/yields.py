"""The yield table: cases read, rows written and refusals by reason, for each kind of source and half century.

It is part of every report, because yields differ by era and reporter far more than by anything that we do.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import duckdb

from cap_rlvr.wire.rows import SPLITS

FILE = "yields.json"
_CASES = """
SELECT source_kind, era, count(*) FROM cases WHERE chosen GROUP BY ALL ORDER BY ALL
"""
_ROWS = """
SELECT source_kind, era, split, kind, count(*) FROM rows GROUP BY ALL ORDER BY ALL
"""
_CONSTANTS = """
SELECT split, source_kind, max(rows) / sum(rows)
FROM (SELECT split, source_kind, gold, count(*) AS rows FROM rows GROUP BY ALL) GROUP BY ALL ORDER BY ALL
"""
_REFUSALS = """
WITH refused AS (
    SELECT case_id, reason FROM not_made UNION ALL SELECT case_id, reason FROM not_placed UNION ALL
    SELECT not_found.case_id, reason FROM not_found
    JOIN cases ON cases.case_id = not_found.case_id AND unit = string_split(file, '/')[-3] AND chosen)
SELECT coalesce(source_kind, ''), coalesce(era, ''), reason, count(*)
FROM refused LEFT JOIN cases ON cases.case_id = refused.case_id AND chosen GROUP BY ALL ORDER BY ALL
"""


def table(connection: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """One record for each kind of source and era: `cases`, `rows` by split, `kinds` and `refused` by reason."""
    lines: dict[tuple[str, str], dict[str, Any]] = {}

    def line(source_kind: str, era: str) -> dict[str, Any]:
        empty = {"cases": 0, "rows": dict.fromkeys(SPLITS, 0), "kinds": {}, "refused": {}}
        return lines.setdefault((source_kind, era), {"source_kind": source_kind, "era": era, **empty})

    for source_kind, era, cases in connection.execute(_CASES).fetchall():
        line(source_kind, era)["cases"] = cases
    for source_kind, era, split, kind, rows in connection.execute(_ROWS).fetchall():
        found = line(source_kind, era)
        found["rows"][split] += rows
        found["kinds"][kind] = found["kinds"].get(kind, 0) + rows
    for source_kind, era, reason, refused in connection.execute(_REFUSALS).fetchall():
        line(source_kind, era)["refused"][reason] = refused
    return [lines[key] for key in sorted(lines)]


def best_constant(connection: duckdb.DuckDBPyConnection) -> dict[str, dict[str, float]]:
    """By split and kind of source, the share of rows that one and the same answer gets right: for five options .20."""
    shares: dict[str, dict[str, float]] = {split: {} for split in SPLITS}
    for split, source_kind, share in connection.execute(_CONSTANTS).fetchall():
        shares[split][source_kind] = round(share, 4)
    return shares


def counts(lines: list[dict[str, Any]]) -> dict[str, Any]:
    """The sums for the manifest: cases, rows by split, by split and kind of source, by kind; refusals by reason."""
    by_split: Counter[str] = Counter(dict.fromkeys(SPLITS, 0))
    by_source: dict[str, Counter[str]] = {split: Counter() for split in SPLITS}
    kinds: Counter[str] = Counter()
    refused: Counter[str] = Counter()
    for line in lines:
        by_split.update(line["rows"])
        for split, rows in line["rows"].items():
            by_source[split][line["source_kind"]] += rows
        kinds.update(line["kinds"])
        refused.update(line["refused"])
    return {
        "cases": sum(line["cases"] for line in lines),
        "rows": dict(by_split),
        "by_source": {split: dict(sorted((+by_source[split]).items())) for split in SPLITS},
        "by_kind": dict(sorted(kinds.items())),
        "refused": dict(sorted(refused.items())),
    }

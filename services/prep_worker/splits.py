"""Train, eval and test, by cluster: a case, its parallels and its near-duplicates are never on two sides.

A cluster's split is a keyed hash of its name and the seed (`wire/splits.py`), the same for every task; one that holds a
case of a kind too rare to train on (clusters.py) is in eval or test. Then, row by row:
rows of a kind that may only train go to train, unless their cluster is held out by a real record of the same case;
`evaluation_only` rows are refused in train; a (query, gold) that came before is refused; and where a gold stands in
another case, the pair of the two cases, in either direction, stays in the split where it was first seen.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import duckdb

from cap_rlvr.task import Task
from cap_rlvr.wire.frozen import digest, keyed_unit
from cap_rlvr.wire.rows import Row
from cap_rlvr.wire.splits import split_of

COLUMNS = {
    "n": "BIGINT",
    "id": "VARCHAR",
    "case_id": "VARCHAR",
    "kind": "VARCHAR",
    "source_kind": "VARCHAR",
    "evaluation_only": "BOOLEAN",
    "query": "VARCHAR",
    "gold": "VARCHAR",
    "gold_cases": "VARCHAR[]",
    "byte": "BIGINT",
}
_KINDS_OF_CLUSTERS = """
CREATE TEMP TABLE homes AS
SELECT cluster, bool_or(NOT list_contains($train_only, source_kind)) AS holds_out FROM cases GROUP BY cluster
"""
# A row that is refused for a reason of its own makes no duplicate of another.
_PLACED = """
CREATE TEMP TABLE placed AS
WITH split_up AS (
    SELECT made.*, cases.cluster, era,
           CASE WHEN list_contains($train_only, made.source_kind) AND NOT coalesce(holds_out, false) THEN 'train'
                ELSE split_of(cases.cluster, cases.held_out) END AS split,
           CASE WHEN cases.cluster IS NULL THEN 'unknown_case'
                WHEN list_contains($train_only, made.source_kind) AND evaluation_only THEN 'evaluation_only'
                WHEN list_contains($train_only, made.source_kind) AND split <> 'train' THEN 'same_case_held_out'
                WHEN evaluation_only AND split = 'train' THEN 'evaluation_only' END AS fault
    FROM made LEFT JOIN cases ON cases.case_id = made.case_id AND chosen LEFT JOIN homes USING (cluster)),
of_one_id AS (
    SELECT * REPLACE (CASE WHEN fault IS NULL
                            AND row_number() OVER (PARTITION BY id ORDER BY fault IS NOT NULL, n) > 1
                           THEN 'duplicate_id' ELSE fault END AS fault) FROM split_up)
SELECT * EXCLUDE fault,
       CASE WHEN fault IS NULL AND row_number() OVER (PARTITION BY query, gold ORDER BY fault IS NOT NULL, n) > 1
            THEN 'duplicate_row' ELSE fault END AS reason
FROM of_one_id
"""
_PAIRS = """
CREATE TEMP TABLE crossing AS
SELECT DISTINCT n FROM (
    SELECT n, split, arg_min(split, n) OVER (PARTITION BY pair) AS first_split FROM (
        SELECT n, split, [least(placed.cluster, cases.cluster), greatest(placed.cluster, cases.cluster)] AS pair
        FROM (SELECT n, split, cluster, unnest(gold_cases) AS other FROM placed WHERE reason IS NULL) AS placed
        JOIN cases ON cases.case_id = other AND chosen))
WHERE split <> first_split
"""
_ROWS = """
CREATE TEMP TABLE rows AS
SELECT id, case_id, kind, source_kind, era, split, gold, place_of(id) AS place, byte
FROM placed WHERE reason IS NULL AND n NOT IN (SELECT n FROM crossing)
"""
_REFUSED = """
CREATE TEMP TABLE not_placed AS
SELECT case_id, coalesce(reason, 'pair_in_other_split') AS reason
FROM placed WHERE reason IS NOT NULL OR n IN (SELECT n FROM crossing)
"""


def record(task: Task[Any], row: Row, n: int, byte: int) -> dict[str, Any]:
    """What the tables below need to know of the ``n``-th row, and the byte at which it lies in its file."""
    return {
        "n": n,
        "id": row.id,
        "case_id": row.case_id,
        "kind": row.kind,
        "source_kind": row.source_kind.value,
        "evaluation_only": row.evaluation_only,
        "query": digest(re.sub(r"\W+", " ", row.inputs.lower())),
        "gold": digest(task.gold(task.read_truth(row.truth))),
        "gold_cases": sorted({span.case_id for span in row.spans if span.role == "gold"} - {row.case_id}),
        "byte": byte,
    }


def load_cases(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Make the table of the corpus' cases with their clusters."""
    connection.execute("CREATE TEMP TABLE cases AS SELECT * FROM read_parquet(?)", [str(folder / "clusters.parquet")])


def assign(connection: duckdb.DuckDBPyConnection, seed: str, train_only: list[str]) -> None:
    """From the tables `cases` and `made` make `rows` (with ``split`` and ``place``) and `not_placed` (with reasons)."""

    def split(cluster: str, held_out: bool) -> str:
        return split_of(cluster, seed, held_out)

    def place(row_id: str) -> float:
        return keyed_unit("order", seed, row_id)

    connection.create_function("split_of", split, ["VARCHAR", "BOOLEAN"], "VARCHAR")  # pyright: ignore[reportArgumentType]
    connection.create_function("place_of", place, ["VARCHAR"], "DOUBLE")  # pyright: ignore[reportArgumentType]
    connection.execute(_KINDS_OF_CLUSTERS, {"train_only": train_only})
    connection.execute(_PLACED, {"train_only": train_only})
    for statement in (_PAIRS, _ROWS, _REFUSED):
        connection.execute(statement)

"""Which cases are one: the clusters by which rows are split, and the corpus as an artefact with a digest.

Two records are one case when they share an id, a citation of the case itself, the parties with a docket number or the
day of decision, or nearly the same text. Whatever is connected by such pairs is one cluster, named after its first case, and a cluster
never crosses a split. A cluster that holds a case of a kind too rare to train on is held out: its rows of every task are in
eval or test, so that none of the rare ones is lost to a case that trains another task. Written as
`<workspace>/cases/clusters.parquet`; the manifest's settings name the rare kinds and their cases.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import duckdb
import numpy as np
import orjson
import pyarrow as pa
from numpy.typing import NDArray

from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.frozen import digest, file_digest
from cap_rlvr.wire.manifest import MANIFEST, Manifest, digest_files, read_manifest, up_to_date, write_manifest
from cap_rlvr.wire.splits import MIN_TO_TRAIN
from cap_rlvr.wire.workspace import Workspace
from services.prep_worker.find import KEYS
from services.prep_worker.sketch import BAND, SAME, SLOTS, agreeing_slots
from services.prep_worker.tables import load, save, scratch, stream

CLUSTERS = "clusters.parquet"
_KEY_COLUMNS = {
    "case_id": "VARCHAR",
    "source_kind": "VARCHAR",
    "era": "VARCHAR",
    "keys": "VARCHAR[]",
    "sketch": "VARCHAR",
}
# The best record of a case that several units hold: the one with structured fields first.
_CASES = """
CREATE TEMP TABLE cases AS
SELECT row_number() OVER (ORDER BY case_id, rank, unit, keys) - 1 AS n, *,
       row_number() OVER (PARTITION BY case_id ORDER BY rank, unit, keys) = 1 AS chosen
FROM (SELECT case_id, source_kind, era, keys, sketch, string_split(file, '/')[-3] AS unit,
             CASE source_kind WHEN 'static' THEN 0 WHEN 'text' THEN 1 ELSE 2 END AS rank FROM keys)
"""
_SHARED_KEYS = """
SELECT first, n FROM (SELECT n, min(n) OVER (PARTITION BY key) AS first
                      FROM (SELECT n, unnest(list_append(keys, 'id:' || case_id)) AS key FROM cases))
WHERE first < n ORDER BY first, n
"""
# Each holder of a band with its first holder and with the one before it: two partners, so that the time stays linear, and
# not the first alone, which in a large corpus is often a stranger that has these 24 bits by chance.
_SHARED_BANDS = f"""
CREATE TEMP TABLE pairs AS
WITH held AS (
    SELECT n, min(n) OVER (PARTITION BY band, slots) AS first, lag(n) OVER (PARTITION BY band, slots ORDER BY n) AS last
    FROM (SELECT n, band, substr(sketch, band * {2 * BAND} + 1, {2 * BAND}) AS slots
          FROM cases, range({SLOTS // BAND}) AS bands(band) WHERE sketch <> ''))
SELECT first, n FROM held WHERE first < n UNION SELECT last, n FROM held WHERE last IS NOT NULL
"""  # noqa: S608  (made of constants)
_ALIKE = """
SELECT first, other.n, one.sketch, other.sketch
FROM pairs JOIN cases AS one ON one.n = first JOIN cases AS other ON other.n = pairs.n ORDER BY first, other.n
"""


def gather(units: Sequence[str], workspace: Workspace) -> Manifest:
    """Bring the found units together as the workspace's corpus: cluster their cases, write the manifest.

    Does nothing where the same units were gathered before. Raises BadData where a unit has not been found, BadInput
    where there is no case in any of them.
    """
    folder = workspace.cases
    keys = {unit: read_manifest(folder / unit / KEYS) for unit in sorted(units)}
    rare = _rare([folder / unit for unit in keys])
    identity = Manifest(
        kind="corpus",
        version=digest([file_digest(Path(__file__)), file_digest(Path(__file__).with_name("sketch.py"))]),
        files={},
        parents={unit: manifest.digest for unit, manifest in keys.items()},
        settings={"held_out": rare},
    )
    made = up_to_date(folder, identity)
    if made is not None:
        return made
    if not any(manifest.counts["cases"] for manifest in keys.values()):
        raise BadInput("no case could be read", "SOURCE", _first_bad([folder / unit / KEYS for unit in keys]))
    folder.joinpath("MANIFEST.json").unlink(missing_ok=True)
    with scratch(folder / ".clusters") as connection:
        load(connection, "keys", [folder / unit / KEYS / "keys.jsonl" for unit in keys], _KEY_COLUMNS)
        connection.execute(_CASES)
        _write(
            connection,
            _roots(connection),
            sorted({case for cases in rare.values() for case in cases}),
            folder / CLUSTERS,
        )
        counts = _counts(connection)
    counts["bad_records"] = sum(int(manifest.counts["bad_records"]) for manifest in keys.values())
    manifest = identity.model_copy(update={"files": digest_files(folder, [CLUSTERS]), "counts": counts})
    write_manifest(folder, manifest)
    return manifest


def _first_bad(folders: Sequence[Path]) -> str:
    """What was wrong with the first record, as a hint."""
    for folder in folders:
        with (folder / "bad.jsonl").open("rb") as file:
            for line in file:
                bad = orjson.loads(line)
                return f"The first of the bad records: {bad['where']}: {bad['message']}"
    return "Name a folder, volume or shard that holds cases"


def _rare(folders: Sequence[Path]) -> dict[str, list[str]]:
    """The kinds of which what was searched holds too few cases to train on, each with its cases."""
    found: dict[str, set[str]] = {}
    for path in (path for folder in folders for path in sorted(folder.glob("*/rare.jsonl"))):
        if (path.parent / MANIFEST).is_file():
            for line in path.read_bytes().splitlines():
                record = orjson.loads(line)
                found.setdefault(record["kind"], set()).add(record["case_id"])
    return {kind: sorted(cases) for kind, cases in sorted(found.items()) if len(cases) < MIN_TO_TRAIN}


def _roots(connection: duckdb.DuckDBPyConnection) -> NDArray[np.int64]:
    """For each case the smallest number in its cluster: union-find over the pairs, eight bytes a case."""
    total = connection.execute("SELECT count(*) FROM cases").fetchall()[0][0]
    parent = np.arange(total, dtype=np.int64)

    def root(n: int) -> int:
        while parent[n] != n:
            parent[n] = parent[parent[n]]
            n = int(parent[n])
        return n

    def join(one: int, other: int) -> None:
        one, other = root(one), root(other)
        parent[max(one, other)] = min(one, other)

    for one, other in stream(connection, _SHARED_KEYS):
        join(one, other)
    connection.execute(_SHARED_BANDS)
    for one, other, its_sketch, other_sketch in stream(connection, _ALIKE):
        if agreeing_slots(its_sketch, other_sketch) >= SAME:
            join(one, other)
    return np.array([root(n) for n in range(total)], dtype=np.int64)


def _write(connection: duckdb.DuckDBPyConnection, roots: NDArray[np.int64], rare: list[str], path: Path) -> None:
    connection.register("roots", cast(Any, pa).table({"n": np.arange(len(roots)), "root": roots}))
    connection.execute("""
        CREATE TEMP TABLE clustered AS
        SELECT cases.n, cases.case_id, unit, source_kind, era, chosen, first.case_id AS cluster
        FROM cases JOIN roots USING (n) JOIN (SELECT n AS root, case_id FROM cases) AS first USING (root)
    """)
    connection.execute("CREATE TEMP TABLE rare AS SELECT unnest($rare::VARCHAR[]) AS case_id", {"rare": rare})
    told = "cluster IN (SELECT cluster FROM clustered SEMI JOIN rare USING (case_id)) AS held_out"
    save(connection, f"SELECT * EXCLUDE n, {told} FROM clustered ORDER BY n", path)  # noqa: S608  (a constant)


def _counts(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    rows = connection.execute("""
        SELECT source_kind, era, count(*) FILTER (chosen), count(*) FILTER (NOT chosen)
        FROM clustered GROUP BY ALL ORDER BY ALL
    """).fetchall()
    clusters = connection.execute("SELECT count(DISTINCT cluster) FROM clustered").fetchall()[0][0]
    return {
        "cases": sum(row[2] for row in rows),
        "clusters": clusters,
        "duplicate_records": sum(row[3] for row in rows),
        "by_source": {kind: sum(row[2] for row in rows if row[0] == kind) for kind in sorted({row[0] for row in rows})},
        "by_source_and_era": [{"source_kind": kind, "era": era, "cases": count} for kind, era, count, _ in rows],
    }

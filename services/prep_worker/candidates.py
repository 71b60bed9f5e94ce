"""A task's candidates in the order of their blocks. Only their keys are sorted; what they hold stays in its files.

Sorting the candidates whole would take memory, and then disk, of the size of what was found.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import duckdb
import orjson

from cap_rlvr.wire.rows import Candidate
from cap_rlvr.wire.splits import split_of
from services.prep_worker.tables import Lines, load, stream

_COLUMNS = {
    "case_id": "VARCHAR",
    "kind": "VARCHAR",
    "block": "VARCHAR",
    "order": "BIGINT",
    "unit": "VARCHAR",
    "byte": "BIGINT",
}
_ORDERED = """
SELECT block, keys.unit, byte, cluster, held_out FROM candidates AS keys
JOIN cases ON cases.case_id = keys.case_id AND cases.unit = keys.unit AND chosen
ORDER BY block, keys.case_id, keys.kind, "order", keys.unit, byte
"""


class Candidates:
    """The candidates of a task in the units of a corpus, each with its split; each walk gives the blocks again, in the
    same order.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, task: str, units: Sequence[Path], temporary: Path, seed: str
    ) -> None:
        self._connection = connection
        self._seed = seed
        self._files = {unit.name: unit / task / "candidates.jsonl" for unit in units}
        keys = temporary / "keys.jsonl"
        with keys.open("wb") as file:
            lines = Lines(file)
            for unit, path in self._files.items():
                for key in _keys(unit, path):
                    lines.write(key)
        load(connection, "candidates", [keys], _COLUMNS)
        keys.unlink()

    def __iter__(self) -> Iterator[list[Candidate]]:
        for _, records in groupby(stream(self._connection, _ORDERED), key=lambda record: record[0]):
            yield [self._read(*record[1:]) for record in records]

    def _read(self, unit: str, byte: int, cluster: str, held_out: bool) -> Candidate:
        candidate = Candidate.model_validate_json(line_at(self._files[unit], byte))
        return candidate.model_copy(update={"split": split_of(cluster, self._seed, held_out)})


def line_at(path: Path, byte: int) -> bytes:
    """The line of a file that begins at a byte."""
    with path.open("rb") as file:
        file.seek(byte)
        return file.readline()


def _keys(unit: str, path: Path) -> Iterator[bytes]:
    byte = 0
    with path.open("rb") as file:
        for line in file:
            found = orjson.loads(line)
            key = {name: found[name] for name in ("case_id", "kind", "block", "order")}
            yield orjson.dumps({**key, "unit": unit, "byte": byte})
            byte += len(line)

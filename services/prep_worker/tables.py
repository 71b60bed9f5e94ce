"""DuckDB over JSON lines: joins and orders that do not fit in memory, on one node, with a bound on memory."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import duckdb

from cap_rlvr.wire.errors import Unavailable

_MEMORY = "512MB"  # beyond this DuckDB orders and joins on disk, whatever the size of the corpus
_LONGEST = 16 * 1024 * 1024  # bytes of one record; DuckDB sets aside twice as much for every file it reads
_FETCH = 500  # records handed over at a time


@contextmanager
def scratch(folder: Path) -> Generator[duckdb.DuckDBPyConnection]:
    """A database whose files lie in ``folder``, which is made empty first and is gone afterwards.

    Raises Unavailable where there is no room on the disk, or too little memory for one record.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": _MEMORY,
        "threads": 1,  # workers are processes, one a core
        "temp_directory": str(folder / "spill"),
        "preserve_insertion_order": False,  # every query that matters says its order
    }
    try:
        with duckdb.connect(str(folder / "scratch.duckdb"), config=config) as connection:
            yield connection
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        sentence = str(error).splitlines()[0]
        raise Unavailable(sentence, str(folder), "Free some disk space and run the same command again") from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def load(connection: duckdb.DuckDBPyConnection, table: str, files: Iterable[Path], columns: dict[str, str]) -> None:
    """Make a table of JSON-lines files; its column ``file`` holds each record's file."""
    paths = [str(path) for path in files if path.stat().st_size]
    names = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    reader = (
        f"SELECT *, filename AS file FROM read_json(?, format='newline_delimited', columns={{{names}}},"  # noqa: S608
        f" filename=true, maximum_object_size={_LONGEST})"
    )
    if paths:
        connection.execute(f"CREATE TEMP TABLE {table} AS {reader}", [paths])
    else:
        listed = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"CREATE TEMP TABLE {table} ({listed}, file VARCHAR)")


def stream(connection: duckdb.DuckDBPyConnection, query: str) -> Iterator[tuple[Any, ...]]:
    """The records of a query, a few hundred in memory at a time. One stream at a time on a connection."""
    answer = connection.execute(query)
    while records := answer.fetchmany(_FETCH):
        yield from records


def save(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write a query's records as a Parquet file, whole or absent."""
    partial = path.with_name(f".{path.name}.partial")
    quoted = str(partial).replace("'", "''")
    try:
        connection.execute(f"COPY ({query}) TO '{quoted}' (FORMAT parquet)")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


class Lines:
    """Writes JSON lines to an open file and counts them and their bytes."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.count = 0
        self.bytes = 0

    def write(self, record: bytes) -> None:
        self.bytes += self._file.write(record + b"\n")
        self.count += 1

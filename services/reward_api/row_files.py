"""One row of a prepared file, read by its place; nothing heavy is imported, since scoring processes start from here."""

from __future__ import annotations

import os
from typing import NamedTuple

import orjson

from cap_rlvr.wire.rows import Row, Split

Stamp = tuple[int, int, int]


class Place(NamedTuple):
    """Where one row lies; ``stamp`` (inode, mtime in ns, size) tells whether the file is still the one indexed.

    ``row_id`` is the id that was asked for; empty for the name that a row of a closed split is shown under.
    """

    row_id: str
    split: Split
    path: str
    offset: int
    length: int
    stamp: Stamp


class RowGone(Exception):
    """The file was replaced between look-up and reading."""


class UnknownRow(Exception):
    """The row found by the id's hash has another id."""


def stamp_of(stat: os.stat_result) -> Stamp:
    """What changes when a file is replaced or rewritten."""
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def read_row(place: Place) -> Row:
    """Read one row. Raises RowGone, UnknownRow, OSError, or ValueError for a line that is no row."""
    file = os.open(place.path, os.O_RDONLY)
    try:
        if stamp_of(os.fstat(file)) != place.stamp:
            raise RowGone
        row = Row.model_validate(orjson.loads(os.pread(file, place.length, place.offset)))
    finally:
        os.close(file)
    if place.row_id and row.id != place.row_id:
        raise UnknownRow
    return row

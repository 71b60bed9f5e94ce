"""CAP in its real formats, read one case at a time into the same `Case` whatever the source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from cap_rlvr.corpus.integrity import UnitCheck, check_unit
from cap_rlvr.corpus.sources import Unit, UnitKind, list_units, unit_digest
from cap_rlvr.corpus.text_rows import read_shard
from cap_rlvr.corpus.volumes import read_volume
from cap_rlvr.wire.case import Case
from cap_rlvr.wire.errors import BadData

__all__ = [
    "Unit",
    "UnitCheck",
    "UnitKind",
    "check_unit",
    "list_units",
    "read_cases",
    "read_unit",
    "unit_digest",
]


def read_cases(source: Path, on_bad: Callable[[BadData], None]) -> Iterator[Case]:
    """All cases of a source, unit by unit, in a fixed order.

    A broken record is given to ``on_bad`` with its file and line or member, and passed over.
    Raises BadInput at once, before any case, where the source can't be read.
    """
    units = list_units(source)
    return (case for unit in units for case in read_unit(unit, on_bad))


def read_unit(unit: Unit, on_bad: Callable[[BadData], None]) -> Iterator[Case]:
    """The cases of one unit; memory is that of the largest case, not of the unit."""
    if unit.kind is UnitKind.SHARD:
        return read_shard(Path(unit.path), on_bad)
    return read_volume(unit, on_bad)

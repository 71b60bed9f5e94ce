"""Is a download whole? CAP tells each case's length in `analysis.char_count`; this counts again."""

from __future__ import annotations

from typing import Any, cast

from cap_rlvr.corpus.casebody import read_body
from cap_rlvr.corpus.sources import Unit, UnitKind
from cap_rlvr.corpus.volumes import read_records
from cap_rlvr.wire.case import Origin
from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.frozen import Frozen

TOLERANCE = 5  # characters: CAP counts the newlines between the parts in its own way


class Mismatch(Frozen):
    """A case whose text is not as long as CAP says; both in characters."""

    origin: Origin
    told: int
    counted: int


class UnitCheck(Frozen):
    """What a check found. ``unchecked`` cases carry no count (text rows never do); ``broken`` ones can't be read."""

    unit: str
    cases: int
    unchecked: int
    mismatches: tuple[Mismatch, ...]
    broken: tuple[str, ...]


def check_unit(unit: Unit) -> UnitCheck:
    """Count each case's characters (head matter and opinions, joined by newlines) against CAP's own count."""
    broken: list[str] = []
    mismatches: list[Mismatch] = []
    cases = unchecked = 0
    if unit.kind is UnitKind.SHARD:
        return UnitCheck(unit=unit.name, cases=0, unchecked=0, mismatches=(), broken=())
    for record in read_records(unit, lambda error: broken.append(str(error))):
        cases += 1
        told = _told(record.fields)
        try:
            counted = read_body(record.fields.get("casebody"), record.origin).length
        except BadData as error:
            broken.append(str(error))
            continue
        if told is None:
            unchecked += 1
        elif abs(told - counted) > TOLERANCE:
            mismatches.append(Mismatch(origin=record.origin, told=told, counted=counted))
    return UnitCheck(
        unit=unit.name, cases=cases, unchecked=unchecked, mismatches=tuple(mismatches), broken=tuple(broken)
    )


def _told(fields: dict[str, Any]) -> int | None:
    analysis = fields.get("analysis")
    count = cast("dict[str, Any]", analysis).get("char_count") if isinstance(analysis, dict) else None
    return count if isinstance(count, int) else None

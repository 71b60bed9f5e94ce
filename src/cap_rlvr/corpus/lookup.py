"""One case found again by its id: where it is published, what it says, and the text that a row's span points into."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from cap_rlvr.corpus.cap_json import read_case
from cap_rlvr.corpus.sources import Unit, UnitKind, list_units
from cap_rlvr.corpus.text_rows import read_shard
from cap_rlvr.corpus.volumes import read_records
from cap_rlvr.wire.case import Case, Citation, Opinion, SourceKind
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.workspace import Workspace

SITE = "https://static.case.law"
_CASE_ID = re.compile(r"(?P<slug>[\w.-]+)/(?P<volume>[\w.-]+)/(?P<file>[\w.-]+)")


def case_link(case_id: str, source_kind: SourceKind) -> str | None:
    """The case's page on static.case.law; None for fiction and for texts that do not come from CAP."""
    place = _CASE_ID.fullmatch(case_id)
    if place is None or source_kind is SourceKind.SYNTHETIC:
        return None
    return f"{SITE}/{place['slug']}/{place['volume']}/html/{place['file']}.html"


def sources_of(workspace: Workspace) -> list[Path]:
    """What prep read last and is still there, then the workspace's own downloads."""
    try:
        told = [Path(path) for path in orjson.loads(workspace.sources.read_bytes())]
    except (OSError, ValueError, TypeError):
        told = []  # a hint alone: without it the downloads are looked through
    return [path for path in (*told, workspace.raw) if path.exists()]


def given_or_known(given: Sequence[Path] | None, workspace: Workspace) -> list[Path]:
    """The sources that a person gave, else those of the workspace. Raises BadInput for one given that can't be read."""
    for source in given or ():
        list_units(source)
    return list(given or sources_of(workspace))


def find_cases(ids: Collection[str], sources: Sequence[Path], source_kind: SourceKind | None = None) -> dict[str, Case]:
    """Read the cases of these ids, as far as the sources have them; broken records are passed over.

    Volumes whose name is in an id come first, so that a known case costs one volume. ``source_kind`` chooses between
    records of one case.
    """
    wanted = set(ids)
    found: dict[str, Case] = {}
    units = [unit for source in sources for unit in _units(source) if _is_of(unit, source_kind)]
    for unit in sorted(units, key=lambda unit: not _may_hold(unit, wanted)):
        if not wanted:
            break
        for case in _cases(unit, wanted):
            if source_kind in (None, case.source):
                found.setdefault(case.id, case)
            if wanted <= found.keys():
                break
        wanted -= found.keys()
    return found


def field_text(case: Case, field: str) -> str:
    """The text that a span's ``field`` names: `head_matter`, `opinions/0`, `citations/0`, `court/name`.

    Raises BadData where the case has no such field.
    """
    value: Any = case
    try:
        for step in field.split("/"):
            value = value[int(step)] if step.isdecimal() else getattr(value, step)
    except (AttributeError, IndexError, TypeError):
        raise BadData(f"the case has no field {field}", case.id, "Prepare this task again") from None
    if isinstance(value, Opinion):
        return value.text
    return value.cite if isinstance(value, Citation) else str(value)


def _units(source: Path) -> list[Unit]:
    try:
        return list_units(source)
    except BadInput:
        return []


def _is_of(unit: Unit, source_kind: SourceKind | None) -> bool:
    return source_kind is None or (unit.kind is UnitKind.SHARD) == (source_kind is SourceKind.TEXT)


def _may_hold(unit: Unit, ids: set[str]) -> bool:
    """Whether a unit's path names the reporter and the volume of one of the ids. A shard always may."""
    if unit.kind is UnitKind.SHARD:
        return True
    path = unit.path.lower()
    places = (place for case_id in ids if (place := _CASE_ID.fullmatch(case_id)))
    return any(
        place["slug"] in path and re.search(rf"(?<!\d){re.escape(place['volume'])}(?!\d)", path) for place in places
    )


def _cases(unit: Unit, wanted: set[str]) -> Iterator[Case]:
    if unit.kind is UnitKind.SHARD:
        yield from read_shard(Path(unit.path), _pass_over, wanted)
        return
    files = {case_id.rsplit("/", 1)[-1] for case_id in wanted}
    for record in read_records(unit, _pass_over):
        stem = PurePosixPath(record.origin.member or record.origin.file).stem
        if unit.kind is not UnitKind.CASE and files.isdisjoint({stem, str(record.fields.get("file_name"))}):
            continue
        try:
            case = read_case(record.fields, record.origin, record.volume)
        except BadData:
            continue
        if case.id in wanted:
            yield case


def _pass_over(error: BadData) -> None:
    """Who looks for one case does not want to hear of others."""

"""Cases of static.case.law: a volume as zip or folder, or one case's JSON."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, cast

import orjson

from cap_rlvr.corpus.cap_json import Volume, read_case
from cap_rlvr.corpus.lines import MAX_RECORD_BYTES
from cap_rlvr.corpus.sources import METADATA, Unit, UnitKind, case_files, is_case_member, metadata_files
from cap_rlvr.wire.case import Case, Origin
from cap_rlvr.wire.errors import BadData

OnBad = Callable[[BadData], None]
_TYPO_YEARS = 60  # a date further than this from the volume's median is taken for a misprint


@dataclass(frozen=True)
class Record:
    """One case as it was read: parsed JSON, where it came from, and its volume."""

    fields: dict[str, Any]
    origin: Origin
    volume: Volume


@dataclass
class _Metadata:
    """The two metadata files of a volume, parsed; empty where absent or broken."""

    volume: dict[str, Any] = field(default_factory=dict[str, Any])
    cases: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])


def read_volume(unit: Unit, on_bad: OnBad) -> Iterator[Case]:
    """The cases of a volume or file, in the order of their names; broken ones go to ``on_bad``."""
    for record in read_records(unit, on_bad):
        try:
            yield read_case(record.fields, record.origin, record.volume)
        except BadData as error:
            on_bad(error)


def read_records(unit: Unit, on_bad: OnBad) -> Iterator[Record]:
    """The parsed JSON of each case of a unit, before anything is made of it."""
    path = Path(unit.path)
    if unit.kind is UnitKind.ZIP:
        return _zip_records(path, on_bad)
    return _file_records([path] if unit.kind is UnitKind.CASE else case_files(path), on_bad)


def _zip_records(path: Path, on_bad: OnBad) -> Iterator[Record]:
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        on_bad(BadData(f"not a readable zip archive ({error}): the volume is left out", str(path), "Download it again"))
        return
    with archive:
        members = sorted(name for name in archive.namelist() if is_case_member(name))
        volumes: dict[PurePosixPath, Volume] = {}
        for name in members:
            place = PurePosixPath(name).parent
            if place not in volumes:
                inside = [part for part in place.parts if part not in ("cases", "json")]
                slug, number = (path.absolute().parent.name, path.stem) if len(inside) < 2 else inside[-2:]
                volumes[place] = _volume(_zip_metadata(archive, place, path, on_bad), slug, number)
            origin = Origin(file=str(path), member=name)
            fields = _parsed(_member(archive, name, origin, on_bad), origin, on_bad)
            if fields is not None:
                yield Record(fields, origin, volumes[place])


def _member(archive: zipfile.ZipFile, name: str, origin: Origin, on_bad: OnBad) -> bytes | None:
    if archive.getinfo(name).file_size > MAX_RECORD_BYTES:
        on_bad(BadData(f"a record of over {MAX_RECORD_BYTES >> 20} MiB", str(origin), "Look at the file"))
        return None
    try:
        return archive.read(name)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        on_bad(BadData(f"can't be unzipped ({error})", str(origin), "Download the volume again"))
        return None


def _zip_metadata(archive: zipfile.ZipFile, place: PurePosixPath, path: Path, on_bad: OnBad) -> _Metadata:
    names = set(archive.namelist())
    above = place.parent if place.name in ("cases", "json") else place
    found: list[bytes] = []
    for name in METADATA:
        places = [str(folder / name) for folder in (above / "metadata", above) if str(folder / name) in names]
        origin = Origin(file=str(path), member=places[0] if places else "")
        found.append(_member(archive, places[0], origin, on_bad) or b"" if places else b"")
    return _metadata(*found)


def _file_records(paths: list[Path], on_bad: OnBad) -> Iterator[Record]:
    volume: Volume | None = None
    for path in paths:
        origin = Origin(file=str(path))
        if volume is None:
            volume = _volume_of_file(path)
        try:
            data = path.read_bytes() if path.stat().st_size <= MAX_RECORD_BYTES else None
        except OSError as error:
            on_bad(BadData(f"can't be read ({error.strerror})", str(origin), "Check the file's rights"))
            continue
        if data is None:
            on_bad(BadData(f"a case of over {MAX_RECORD_BYTES >> 20} MiB", str(origin), "Look at the file"))
            continue
        fields = _parsed(data, origin, on_bad)
        if fields is not None:
            yield Record(fields, origin, volume)


def _volume_of_file(path: Path) -> Volume:
    above = path.parent.parent if path.parent.name in ("cases", "json") else path.parent
    found = {file.name: file.read_bytes() for file in metadata_files(above)}
    return _volume(_metadata(*(found.get(name, b"") for name in METADATA)), above.parent.name, above.name)


def _metadata(volume: bytes, cases: bytes) -> _Metadata:
    found = _Metadata()
    with suppress(TypeError, ValueError):
        found.volume = cast("dict[str, Any]", dict(orjson.loads(volume)))
    with suppress(TypeError, ValueError):
        found.cases = [case for case in list(orjson.loads(cases)) if isinstance(case, dict)]
    return found


def _volume(metadata: _Metadata, slug: str, number: str) -> Volume:
    slug = str(metadata.volume.get("reporter_slug") or slug)
    number = str(metadata.volume.get("volume_folder") or metadata.volume.get("volume_number") or number)
    return Volume(slug=slug, number=number, years=_years(metadata))


def _years(metadata: _Metadata) -> tuple[int, int] | None:
    """First and last year of a volume: of its cases' dates, else as its metadata say."""
    dates = (str(case.get("decision_date") or "")[:4] for case in metadata.cases)
    years = sorted(int(date) for date in dates if len(date) == 4 and date.isdigit())
    if years:
        median = years[len(years) // 2]
        near = [year for year in years if abs(year - median) <= _TYPO_YEARS]
        return near[0], near[-1]
    start, end = metadata.volume.get("start_year"), metadata.volume.get("end_year")
    return (start, end) if isinstance(start, int) and isinstance(end, int) and start <= end else None


def _parsed(data: bytes | None, origin: Origin, on_bad: OnBad) -> dict[str, Any] | None:
    if data is None:
        return None
    try:
        fields = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        on_bad(BadData(f"not JSON ({error})", str(origin), "Download it again"))
        return None
    if not isinstance(fields, dict):
        on_bad(BadData("JSON, but no case (an object with `name` and `casebody`)", str(origin), "Look at the file"))
        return None
    return cast("dict[str, Any]", fields)

"""What a source of CAP files is made of: units, each read on its own, in a fixed order."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path, PurePosixPath

import orjson

from cap_rlvr.corpus.lines import SHARD_ENDINGS, first_record
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.frozen import Frozen, digest, file_digest

_CASE_FILE = re.compile(r"[\w.]+-\d{2,}\.json")  # page and the case's place on it
_CASE_FOLDERS = ("cases", "json")
METADATA = ("VolumeMetadata.json", "CasesMetadata.json")  # of one volume
_FORMATS = (
    "Give a folder or zip in the layout of static.case.law, one case's .json,"
    " or Common Pile rows as .jsonl, .jsonl.gz or .jsonl.zst"
)


class UnitKind(StrEnum):
    ZIP = "zip"  # one volume, as static.case.law offers it for download
    FOLDER = "folder"  # one volume, unzipped
    CASE = "case"  # one case's JSON
    SHARD = "shard"  # Common Pile rows


class Unit(Frozen):
    """What one job reads. ``name`` is the path below the source; ``size`` is in bytes."""

    kind: UnitKind
    path: str
    name: str
    size: int


def list_units(source: Path) -> list[Unit]:
    """The units of a source, in the order of their names.

    Raises BadInput, before any work, where there is no such path or nothing in it that can be read.
    """
    if not source.exists():
        raise BadInput("no such file or folder", str(source), _FORMATS)
    if not (source.is_file() or source.is_dir()):
        raise BadInput("neither a file nor a folder", str(source), _FORMATS)
    units = [_unit_of_file(source, source.name)] if source.is_file() else list(_walk(source, source))
    if not units:
        raise BadInput("no CAP files in this folder", str(source), _FORMATS)
    return sorted(units, key=lambda unit: unit.name)


def unit_digest(unit: Unit) -> str:
    """SHA-256 (hex) of a unit's file, or over the names and digests of a folder's case files and the volume's metadata."""
    path = Path(unit.path)
    if unit.kind is not UnitKind.FOLDER:
        return file_digest(path)
    files = [*case_files(path), *metadata_files(path)]
    return digest([[file.relative_to(path).as_posix(), file_digest(file)] for file in files])


def metadata_files(volume: Path) -> list[Path]:
    """The metadata files of an unzipped volume, as far as it has them."""
    places = ([volume / name, volume / "metadata" / name] for name in METADATA)
    return [found for tried in places if (found := next((file for file in tried if file.is_file()), None))]


def case_files(folder: Path) -> list[Path]:
    """The case files of an unzipped volume, by name."""
    for inner in _CASE_FOLDERS:
        if (folder / inner).is_dir():
            return sorted(path for path in (folder / inner).glob("*.json") if is_case_member(f"{inner}/{path.name}"))
    return sorted(path for path in folder.glob("*.json") if is_case_member(path.name))


def is_case_member(name: str) -> bool:
    """Whether a zip member or file may be a case: any JSON under `cases` or `json`, elsewhere by its name."""
    path = PurePosixPath(name)
    if path.suffix != ".json" or name.endswith(("Metadata.json", "MANIFEST.json")) or path.name.startswith("."):
        return False
    return path.parent.name in _CASE_FOLDERS or bool(_CASE_FILE.fullmatch(path.name))


def _walk(folder: Path, root: Path) -> Iterator[Unit]:
    cases = case_files(folder)
    if cases:
        yield Unit(
            kind=UnitKind.FOLDER,
            path=str(folder),
            name=folder.relative_to(root).as_posix() if folder != root else folder.name,
            size=sum(case.stat().st_size for case in cases),
        )
    for path in sorted(folder.iterdir()):
        if path.name.startswith(".") or (cases and path.name in _CASE_FOLDERS):
            continue
        if path.is_dir():
            yield from _walk(path, root)
        elif path.suffix == ".zip" or (path.name.endswith(SHARD_ENDINGS) and _has_rows(path)):
            kind = UnitKind.ZIP if path.suffix == ".zip" else UnitKind.SHARD
            yield Unit(kind=kind, path=str(path), name=path.relative_to(root).as_posix(), size=path.stat().st_size)


def _has_rows(path: Path) -> bool:
    """False for lines that are JSON, but no text rows (a truth file, a log); a broken shard is still a shard."""
    try:
        row = orjson.loads(first_record(path))
    except (orjson.JSONDecodeError, OSError, EOFError):
        return True
    return isinstance(row, dict) and "text" in row


def _unit_of_file(path: Path, name: str) -> Unit:
    size = path.stat().st_size
    if path.suffix == ".zip":
        _check_zip(path)
        return Unit(kind=UnitKind.ZIP, path=str(path), name=name, size=size)
    if name.endswith(SHARD_ENDINGS):
        if not _has_rows(path):
            raise BadInput("these lines are no Common Pile rows (no field `text`)", str(path), _FORMATS)
        return Unit(kind=UnitKind.SHARD, path=str(path), name=name, size=size)
    if path.suffix == ".json":
        return Unit(kind=UnitKind.CASE, path=str(path), name=name, size=size)
    raise BadInput("not a format of CAP", str(path), _FORMATS)


def _check_zip(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            if any(is_case_member(name) for name in archive.namelist()):
                return
    except (zipfile.BadZipFile, OSError) as error:
        raise BadInput(f"not a readable zip archive ({error})", str(path), "Download the volume again") from None
    raise BadInput("no case files (`json/*.json` or `cases/*.json`) in this zip", str(path), _FORMATS)

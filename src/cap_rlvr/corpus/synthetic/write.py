"""The corpus on disk: volume zips and metadata in static.case.law's layout, and the truth beside them."""

from __future__ import annotations

import hashlib
import shutil
import zipfile
from collections.abc import Callable
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import orjson

from cap_rlvr.corpus.synthetic.plan import Plan, Volume, make_plan
from cap_rlvr.corpus.synthetic.record import make_record
from cap_rlvr.corpus.synthetic.tables import Reporter, systems
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.files import whole_file, write_whole
from cap_rlvr.wire.frozen import file_digest
from cap_rlvr.wire.manifest import MANIFEST, Manifest, read_manifest, write_manifest

TRUTH = "truth.jsonl"
OCR_PER_MILLION = 60
_KIND = "synthetic corpus"
_PARTS = ".truth"  # the truth of finished volumes, until all are there
_STAMP = (2026, 1, 1, 0, 0, 0)  # of every member, so that equal content gives equal bytes


def write_corpus(
    folder: Path,
    cases: int,
    seed: int,
    progress: Callable[[int], None] | None = None,
    ocr_per_million: int = OCR_PER_MILLION,
    memoranda: int = 0,
) -> Path:
    """Write a synthetic corpus and return its folder: ``cases`` with an opinion, and ``memoranda`` without.

    ``progress`` gets the number of cases that are there, after each volume. Equal arguments give equal bytes. What an
    earlier, interrupted call finished is kept. ``ocr_per_million``: scanning errors per million characters.
    Raises BadInput for a size that can't be made, or where the folder holds a corpus made otherwise; BadData where
    the folder's manifest is broken.
    """
    plan = make_plan(cases, seed, memoranda)
    settings = {"cases": cases, "memoranda": memoranda, "seed": seed, "ocr_per_million": ocr_per_million}
    known = _known(folder, settings)
    parts = folder / _PARTS
    truth_done = TRUTH in known and _is(folder / TRUTH, known[TRUTH])
    digests: dict[str, str] = {}
    for volume in plan.volumes:
        name = _zip_name(volume)
        note = _note(parts, volume)
        digest = _finished(folder, name, known.get(name) if truth_done else None, note)
        digests[name] = digest or _make_volume(plan, volume, folder, note, ocr_per_million)
        if progress:
            progress(volume.first + volume.size)
    for name, content in _root_metadata(plan).items():
        write_whole(folder / name, content)
        digests[name] = file_digest(folder / name)
    if not truth_done:
        _join_truth(plan, folder, parts)
    digests[TRUTH] = file_digest(folder / TRUTH)
    write_manifest(
        folder,
        Manifest(
            kind=_KIND,
            version=generator_digest(),
            files=digests,
            settings=settings,
            counts={"cases": cases, "memoranda": memoranda},
        ),
    )
    shutil.rmtree(parts, ignore_errors=True)
    return folder


@cache
def generator_digest() -> str:
    """SHA-256 over the generator's own code and data: another generator, another corpus."""
    root = resources.files("cap_rlvr.corpus.synthetic")
    with resources.as_file(root) as package:
        files = sorted(path for path in package.rglob("*") if path.suffix in {".py", ".toml"})
        state = hashlib.sha256()
        for path in files:
            state.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return state.hexdigest()


def _known(folder: Path, settings: dict[str, Any]) -> dict[str, str]:
    """The digests of a corpus that is there already, none for an empty folder or a corpus of an older generator."""
    begun = folder / _PARTS / "begun.json"
    here = {"settings": settings, "generator": generator_digest()}
    old = _read_begun(begun)
    files: dict[str, str] = {}
    if (folder / MANIFEST).exists():
        manifest = read_manifest(folder)
        old = {"settings": manifest.settings, "generator": manifest.version, "kind": manifest.kind}
        files = manifest.files
    if old and (old["settings"] != settings or old.get("kind", _KIND) != _KIND):
        raise BadInput(
            "the folder holds something else than the corpus asked for",
            str(folder),
            "Give an empty folder or remove it",
        )
    if old and old["generator"] != here["generator"]:
        _remove(folder, files)
        files = {}
    write_whole(begun, orjson.dumps(here))
    return files


def _read_begun(path: Path) -> dict[str, Any]:
    """What an interrupted call set out to make; nothing where there was none."""
    return orjson.loads(path.read_bytes()) if path.is_file() else {}


def _remove(folder: Path, files: dict[str, str]) -> None:
    """Remove what an older generator wrote, finished or not."""
    notes = (folder / _PARTS).glob("*/*.jsonl")
    volumes = [f"{note.parent.name}/{note.stem}.zip" for note in notes]
    for name in (*files, *volumes, MANIFEST):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / _PARTS, ignore_errors=True)


def _zip_name(volume: Volume) -> str:
    return f"{volume.reporter.slug}/{volume.number}.zip"


def _is(path: Path, digest: str) -> bool:
    return path.is_file() and file_digest(path) == digest


def _note(parts: Path, volume: Volume) -> Path:
    """Where the truth of a finished volume waits: a line of digests, then the volume's lines of truth."""
    return parts / volume.reporter.slug / f"{volume.number}.jsonl"


def _finished(folder: Path, name: str, digest: str | None, note: Path) -> str | None:
    """The digest of a volume that is there whole, None where it must be made."""
    if digest is None and note.is_file():
        first, _, lines = note.read_bytes().partition(b"\n")
        zipped = first[:64].decode(errors="replace")
        if first.decode(errors="replace") == _stamp(zipped, lines):
            digest = zipped
    return digest if digest and _is(folder / name, digest) else None


def _stamp(zipped: str, lines: bytes) -> str:
    return f"{zipped} {hashlib.sha256(lines).hexdigest()} {generator_digest()}"


def _make_volume(plan: Plan, volume: Volume, folder: Path, note: Path, ocr_per_million: int) -> str:
    path = folder / _zip_name(volume)
    truths: list[bytes] = []
    listed: list[dict[str, Any]] = []
    with whole_file(path) as file, zipfile.ZipFile(file, "w") as archive:
        for index in range(volume.first, volume.first + volume.size):
            record = make_record(plan, index, ocr_per_million)
            _add(archive, f"json/{record.case['file_name']}.json", record.case)
            truths.append(orjson.dumps(record.truth) + b"\n")
            listed.append({key: value for key, value in record.case.items() if key != "casebody"})
        _add(archive, "metadata/CasesMetadata.json", listed)
        _add(archive, "metadata/VolumeMetadata.json", _volume_metadata(volume))
    digest = file_digest(path)
    lines = b"".join(truths)
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_bytes(_stamp(digest, lines).encode() + b"\n" + lines)  # a torn one is seen by its digests and made again
    return digest


def _add(archive: zipfile.ZipFile, name: str, content: Any) -> None:
    info = zipfile.ZipInfo(name, _STAMP)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o600 << 16
    archive.writestr(info, orjson.dumps(content, option=orjson.OPT_INDENT_2), compresslevel=4)


def _join_truth(plan: Plan, folder: Path, parts: Path) -> None:
    with whole_file(folder / TRUTH) as out:
        for volume in plan.volumes:
            with _note(parts, volume).open("rb") as lines:
                lines.readline()
                shutil.copyfileobj(lines, out)


def _volume_metadata(volume: Volume) -> dict[str, Any]:
    return {
        "volume_number": str(volume.number),
        "reporter_slug": volume.reporter.slug,
        "cases": volume.size,
        "title": volume.reporter.title,
        "start_year": date.fromordinal(volume.from_day).year,
        "end_year": date.fromordinal(volume.to_day).year,
        "publication_year": date.fromordinal(volume.to_day).year,
        "jurisdictions": [_jurisdiction(volume.reporter)],
    }


def _jurisdiction(reporter: Reporter) -> dict[str, Any]:
    number, name, name_long = systems()[reporter.system].jurisdiction
    return {"id": number, "name": name, "name_long": name_long}


def _root_metadata(plan: Plan) -> dict[str, bytes]:
    reporters = {volume.reporter.slug: volume.reporter for volume in plan.volumes}
    rows = {slug: _reporter_metadata(reporter) for slug, reporter in reporters.items()}
    places: dict[int, dict[str, Any]] = {}
    for slug, reporter in reporters.items():
        place = _jurisdiction(reporter)
        entry = places.setdefault(
            place["id"], {**place, "slug": place["name"].lower().replace(".", "").replace(" ", "-"), "reporters": []}
        )
        entry["reporters"].append({key: value for key, value in rows[slug].items() if key != "jurisdictions"})
    tables: dict[str, Any] = {
        "ReportersMetadata.json": [
            {**row, "jurisdictions": [_jurisdiction(reporters[slug])]} for slug, row in rows.items()
        ],
        "VolumesMetadata.json": [_volume_metadata(volume) for volume in plan.volumes],
        "JurisdictionsMetadata.json": list(places.values()),
    }
    return {name: orjson.dumps(table, option=orjson.OPT_INDENT_2) for name, table in tables.items()}


def _reporter_metadata(reporter: Reporter) -> dict[str, Any]:
    return {
        "id": reporter.id,
        "full_name": reporter.title,
        "short_name": reporter.short,
        "start_year": reporter.years[0],
        "end_year": reporter.years[1],
        "harvard_hollis_id": [],
        "slug": reporter.slug,
    }

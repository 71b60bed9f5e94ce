"""The manifest beside every artefact: what it is, what it was made from, and digests to check both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.files import write_whole
from cap_rlvr.wire.frozen import Frozen, digest, file_digest

MANIFEST = "MANIFEST.json"


class Manifest(Frozen):
    """``files`` maps relative paths to SHA-256; ``parents`` maps a role (`corpus`, `rows`, `base`) to a digest."""

    kind: str
    version: str
    files: dict[str, str]
    parents: dict[str, str] = {}
    settings: dict[str, Any] = {}
    counts: dict[str, Any] = {}

    @property
    def digest(self) -> str:
        """SHA-256 over kind, version, files, parents and settings: the artefact's identity."""
        return digest([self.kind, self.version, self.files, self.parents, self.settings])


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write `MANIFEST.json` into the artefact's folder; its presence says that the artefact is complete."""
    write_whole(folder / MANIFEST, manifest.model_dump_json(indent=2) + "\n")


def read_manifest(folder: Path) -> Manifest:
    """Read a folder's manifest. Raises BadData where it is missing or broken."""
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except (FileNotFoundError, NotADirectoryError):
        raise BadData("no manifest: the artefact is incomplete or absent", str(path), "Build it again") from None
    except ValidationError as error:
        raise BadData(f"broken manifest ({error.error_count()} errors)", str(path), "Build it again") from None


def up_to_date(folder: Path, identity: Manifest) -> Manifest | None:
    """A folder's manifest if it is ``identity`` with files and counts added, and all those files are as they were made."""
    try:
        made = read_manifest(folder)
    except BadData:
        return None
    same = made.model_copy(update={"files": {}, "counts": {}}) == identity
    return made if same and is_whole(folder, made) else None


def is_whole(folder: Path, manifest: Manifest) -> bool:
    """Whether all files of a manifest are there as they were made, by their digests."""
    files = ((folder / name, sha256) for name, sha256 in manifest.files.items())
    return all(path.is_file() and file_digest(path) == sha256 for path, sha256 in files)


def digest_files(folder: Path, names: list[str]) -> dict[str, str]:
    """SHA-256 of each named file of a folder, in sorted order."""
    return {name: file_digest(folder / name) for name in sorted(names)}

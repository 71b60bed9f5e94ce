"""Volumes of static.case.law and text shards of the Common Pile, fetched so that a cut costs nothing.

A file arrives as `.<name>.part` beside its place, goes on where it stopped (HTTP Range, guarded by the server's ETag), is
checked (size; SHA-256 where the server tells it; the checksums inside zip and gzip where it does not) and only then
gets its name. The folder's manifest records the digest of every file, so that a second call asks for nothing.
"""

from __future__ import annotations

import gzip
import re
import shutil
import threading
import time
import zipfile
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx

from cap_rlvr.wire.errors import BadData, BadInput, CapError, Unavailable
from cap_rlvr.wire.frozen import file_digest
from cap_rlvr.wire.manifest import Manifest, read_manifest, write_manifest

# The ten volumes with the most rows of the fourteen measured, 5 MB: 972 citation rows, 234 of them in test (200 are needed
# for the intervals of a report), from five states and 1811 to 1991. Old state reports say few holdings in so many words.
DEFAULT_VOLUMES = (
    "tex-crim/52",
    "tex-crim/167",
    "tex-crim/31",
    "alaska/1",
    "cal-app-2d/276",
    "charlton/1",
    "va-app/1",
    "fla-supp-2d/49",
    "fla-supp-2d/50",
    "mich/2",
)
METADATA = ("ReportersMetadata.json", "JurisdictionsMetadata.json")
PROBE_S = 8.0  # a source that has not answered by then is away, and whoever asked can do something else
TRIES = 6  # in a row without a byte of progress
_BACKOFF_S = (0.5, 1, 2, 5, 10, 30)
_TIMEOUT = httpx.Timeout(30.0, connect=10.0)
_FILES_A_MANIFEST = 50  # a manifest of thousands of files is not written again for each of them
_SAMPLE = 20  # files whose size is asked for, to know the room that all of them need
_SPARE = 1.1
_GONE = {401, 403, 404, 410}

OnBytes = Callable[[str, int, int | None], None]  # the file's name, bytes that are here, bytes in all if known


@dataclass(frozen=True)
class Remote:
    """A file to fetch: its address and its place below the folder."""

    url: str
    name: str


class _Again(Exception):
    """This try failed in a way that another may not."""


def download_volumes(names: Sequence[str], into: Path, base_url: str, on_bytes: OnBytes) -> list[Path]:
    """Fetch volumes (`tex-crim/52`, or `tex-crim` for all of a reporter's) into ``into``, in the site's layout.

    Raises Unavailable within ten seconds where the site is away; BadInput for a name that the site does not have or
    a disk without room; BadData for a file that stays broken.
    """
    base = base_url.rstrip("/")
    with _client() as client:
        reporters = _probe(client, f"{base}/{METADATA[0]}")
        volumes = [volume for name in names for volume in _volumes(client, base, name, reporters)]
        files = [Remote(f"{base}/{name}", name) for name in METADATA]
        files += [Remote(f"{base}/{volume}.zip", f"{volume}.zip") for volume in dict.fromkeys(volumes)]
        return _fetch_all(client, files, into, on_bytes)


def download_shards(names: Sequence[str], into: Path, base_url: str, on_bytes: OnBytes) -> list[Path]:
    """Fetch text shards (`cap_00000.jsonl.gz`, or the number alone) into ``into``. Raises as `download_volumes`."""
    shards = [f"cap_{int(name):05d}.jsonl.gz" if name.isdecimal() else name for name in names]
    files = [Remote(f"{base_url.rstrip('/')}/{shard}", shard) for shard in shards]
    with _client() as client:
        _probe(client, files[0].url, head=True)
        return _fetch_all(client, files, into, on_bytes)


def _client() -> httpx.Client:
    headers = {"User-Agent": "cap-rlvr", "Accept-Encoding": "identity"}  # sizes and ranges are of the bytes as they lie
    return httpx.Client(timeout=_TIMEOUT, headers=headers, follow_redirects=True)


def _probe(client: httpx.Client, url: str, head: bool = False) -> Any:
    """One quick question to the source, in a thread because a name server may hang for minutes."""
    answers: list[Any] = []

    def ask() -> None:
        try:
            answer = client.request("HEAD" if head else "GET", url, timeout=PROBE_S)
            answers.append(answer if head else answer.raise_for_status().json())
        except (httpx.HTTPError, ValueError) as error:
            answers.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(PROBE_S)
    hint = "Try again later, give a SOURCE of your own, or go on with a synthetic corpus"
    if not answers or isinstance(answers[0], Exception):
        why = type(answers[0]).__name__ if answers else f"no answer in {PROBE_S:g} s"
        raise Unavailable(f"the source cannot be reached ({why})", url, hint)
    return answers[0]


def _volumes(client: httpx.Client, base: str, name: str, reporters: list[dict[str, Any]]) -> list[str]:
    reporter, _, volume = name.strip("/").partition("/")
    slugs = {str(entry.get("slug")) for entry in reporters}
    if reporter not in slugs or not re.fullmatch(r"[\w.-]*", volume):
        hint = "Write reporter/volume with a slug of ReportersMetadata.json, such as tex-crim/52"
        raise BadInput("no such reporter or volume", name, hint)
    if volume:
        return [f"{reporter}/{volume}"]
    entries = _probe(client, f"{base}/{reporter}/VolumesMetadata.json")
    return [f"{reporter}/{entry.get('volume_folder') or entry['volume_number']}" for entry in entries]


def _fetch_all(client: httpx.Client, files: Sequence[Remote], into: Path, on_bytes: OnBytes) -> list[Path]:
    into.mkdir(parents=True, exist_ok=True)
    known = _known(into)
    missing = [file for file in files if not (file.name in known and (into / file.name).is_file())]
    _check_room(client, missing, into)
    try:
        for count, file in enumerate(missing, 1):
            _fetch(client, file, into, on_bytes)
            known[file.name] = file_digest(into / file.name)
            if count % _FILES_A_MANIFEST == 0:
                _write_known(known, into)
    finally:
        if missing and known:
            _write_known(known, into)
    return [into / file.name for file in files]


def _write_known(known: dict[str, str], into: Path) -> None:
    write_manifest(into, Manifest(kind="source", version="1", files=dict(sorted(known.items()))))


def _known(into: Path) -> dict[str, str]:
    try:
        return dict(read_manifest(into).files)
    except BadData:
        return {}


def _check_room(client: httpx.Client, files: Sequence[Remote], into: Path) -> None:
    sizes: list[int] = []
    for file in files[:_SAMPLE]:
        with suppress(httpx.HTTPError):
            answer = client.head(file.url)
            if answer.status_code in _GONE:
                raise _no_such_file(file)
            sizes.append(int(answer.headers.get("Content-Length", 0)))
    wanted = _SPARE * sum(sizes) / len(sizes) * len(files) if sizes else 0
    free = shutil.disk_usage(into).free
    if free < wanted:
        sentence = f"the download needs {wanted / 1e6:,.0f} MB and {free / 1e6:,.0f} MB are free"
        raise BadInput(sentence, str(into), "Free some disk space, or ask for fewer volumes")


def _fetch(client: httpx.Client, file: Remote, into: Path, on_bytes: OnBytes) -> None:
    path = into / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.part")
    idle = broken = 0
    furthest = _size(partial)
    while True:
        try:
            sha256 = _receive(client, file, partial, on_bytes)
        except (httpx.TransportError, _Again) as error:
            idle = 0 if _size(partial) > furthest else idle + 1
            furthest = max(furthest, _size(partial))
            if idle >= TRIES:
                sentence = f"the download keeps breaking off ({error or type(error).__name__})"
                raise Unavailable(sentence, file.url, "Run the same command again: it goes on from here") from None
            time.sleep(_BACKOFF_S[idle])
            continue
        fault = _fault(partial, path.suffix, sha256)
        if not fault:
            break
        partial.unlink()
        broken += 1
        if broken > 1:
            raise BadData(f"{fault}, twice", file.url, "The source's file is damaged: leave this one out")
    _etag_file(partial).unlink(missing_ok=True)
    partial.replace(path)


def _receive(client: httpx.Client, file: Remote, partial: Path, on_bytes: OnBytes) -> str | None:
    """Get the rest of the file; returns the SHA-256 that the server tells, if it does."""
    etag_file = _etag_file(partial)
    have = _size(partial) if etag_file.exists() else 0
    headers = {"Range": f"bytes={have}-", "If-Range": etag_file.read_text()} if have else {}
    with client.stream("GET", file.url, headers=headers) as answer:
        _check_status(answer, file, partial)
        resumed = answer.status_code == HTTPStatus.PARTIAL_CONTENT
        have = have if resumed else 0
        total = _total(answer, have)
        etag = answer.headers.get("ETag", "")
        if etag and not etag.startswith("W/"):
            etag_file.write_text(etag)
        else:
            etag_file.unlink(missing_ok=True)
        with partial.open("ab" if resumed else "wb") as out:
            for chunk in answer.iter_raw():  # as it comes: a chunk size would hold bytes back that a cut then loses
                out.write(chunk)
                have += len(chunk)
                on_bytes(file.name, have, total)
        if total is not None and have != total:
            if have > total:
                partial.unlink()
            raise _Again(f"{have} of {total} bytes came")
        return _sha256(answer)


def _check_status(answer: httpx.Response, file: Remote, partial: Path) -> None:
    if answer.status_code in _GONE:
        raise _no_such_file(file)
    if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        partial.unlink(missing_ok=True)
        raise _Again("the server has less than was received")
    if answer.status_code not in (HTTPStatus.OK, HTTPStatus.PARTIAL_CONTENT):
        raise _Again(f"HTTP {answer.status_code}")


def _total(answer: httpx.Response, have: int) -> int | None:
    if answer.status_code == HTTPStatus.PARTIAL_CONTENT:
        span = re.fullmatch(r"bytes (\d+)-\d+/(\d+)", answer.headers.get("Content-Range", ""))
        if span is None or int(span[1]) != have:
            raise _Again("the server sent another part than was asked for")
        return int(span[2])
    length = answer.headers.get("Content-Length")
    return int(length) if length is not None else None


def _sha256(answer: httpx.Response) -> str | None:
    """The Hub tells a large file's SHA-256 as `X-Linked-ETag` on the redirect to where the file lies."""
    for step in (*answer.history, answer):
        told = step.headers.get("X-Linked-ETag", "").strip('"').lower()
        if re.fullmatch(r"[0-9a-f]{64}", told):
            return told
    return None


def _fault(partial: Path, suffix: str, sha256: str | None) -> str:
    """What is wrong with a complete file, or nothing."""
    try:
        if sha256 is not None:
            return "" if file_digest(partial) == sha256 else "its SHA-256 is not what the server tells"
        if suffix == ".zip":
            with zipfile.ZipFile(partial) as archive:
                return f"its member {bad} is damaged" if (bad := archive.testzip()) else ""
        if suffix == ".gz":
            with gzip.open(partial) as stream:
                while stream.read(1 << 22):
                    pass
    except (zipfile.BadZipFile, OSError, EOFError, zlib.error) as error:
        return f"it is damaged ({error})"
    return ""


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _etag_file(partial: Path) -> Path:
    return partial.with_suffix(".etag")


def _no_such_file(file: Remote) -> CapError:
    return BadInput("the source has no such file", file.url, "Check the name")

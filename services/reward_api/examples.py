"""The prepared rows of a workspace by id, without holding them: 21 bytes a row stay in memory, 42 in a closed split.

The service keeps hash, offset, length and split of each row; a scoring process reads the row itself. A task whose
manifest changes is read again in the background while the former index goes on serving.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import islice
from operator import eq
from pathlib import Path
from typing import IO, Any

import numpy as np
import orjson
import structlog

from cap_rlvr.wire.errors import BadData, CapError
from cap_rlvr.wire.frozen import digest
from cap_rlvr.wire.manifest import MANIFEST, read_manifest
from cap_rlvr.wire.rows import SPLITS, Row, Split
from cap_rlvr.wire.scoring import CorpusId
from cap_rlvr.wire.workspace import Workspace
from services.reward_api.row_files import Place, Stamp, read_row, stamp_of

REFRESH_S = 1.0
_OFFSET_DIGITS = 18  # of a place in a file
# What a key in the index is of: a row of an open split; one of a closed split by its own id, which reviewers alone may
# give; the same by the name that it is shown under.
_OPEN, _OWN, _SHOWN = range(3)
_SHOWN_AS = re.compile(r"held-([0-9a-f]{16})", re.ASCII)
_log = structlog.get_logger("reward_api")


@dataclass(frozen=True)
class Page:
    """Rows from a cursor on; ``next_cursor`` is None after the last. Rows of a closed split have the ids that they are
    shown under.
    """

    rows: list[Row]
    next_cursor: str | None
    closed: bool = False


class RowIndex:
    """The rows of one task under one manifest. Built off the event loop; raises BadData where files and manifest differ.

    A row's id may tell its gold (a citation's is made of volume and page), and so may its place in the file and the
    length of its line. So a row of a ``closed`` split is shown under a name keyed with the whole file, in the order of
    these names, and found by that name alone.
    """

    def __init__(self, folder: Path, closed: Collection[Split] = ()) -> None:
        manifest = read_manifest(folder)
        self.sha256 = manifest.digest
        self.counts: dict[Split, int] = {}
        self._closed = frozenset(closed)
        self._paths: dict[Split, Path] = {}
        self._stamps: dict[Split, Stamp] = {}
        keys, offsets, lengths, splits = array("Q"), array("Q"), array("I"), array("B")
        for number, split in enumerate(SPLITS):
            path = folder / f"{split}.jsonl"
            if not path.exists():
                continue
            self._paths[split] = path
            before = len(keys)
            with path.open("rb") as file:
                self._stamps[split] = stamp_of(os.fstat(file.fileno()))
                sha256 = _read_places(file, keys, offsets, lengths)
            if manifest.files.get(path.name) != sha256:
                raise BadData("the rows are not those of the manifest", str(path), "Prepare this task again")
            count = self.counts[split] = len(keys) - before
            splits.extend([_entry(_OWN if split in self._closed else _OPEN, number)] * count)
            if split in self._closed:
                keys.extend(_shown_key(key, bytes.fromhex(sha256)) for key in keys[before:])
                offsets.extend(offsets[before:])
                lengths.extend(lengths[before:])
                splits.extend([_entry(_SHOWN, number)] * count)
        order = np.argsort(np.frombuffer(keys, np.uint64), kind="stable") if keys else np.zeros(0, np.int64)
        self._keys = _sorted(keys, order)
        self._offsets = _sorted(offsets, order)
        self._lengths = _sorted(lengths, order)
        self._splits = _sorted(splits, order)
        if any(map(eq, self._keys, islice(self._keys, 1, None))):
            raise BadData("two rows share one id", str(folder), "Prepare this task again")

    def find(self, row_id: str, *, reviewer: bool = False) -> Place | None:
        """The place of a row, or None. The reader compares the id itself, since only its hash is kept here.

        A ``reviewer`` finds a row of a closed split by its own id too.
        """
        shown = _SHOWN_AS.fullmatch(row_id)
        key = int(shown[1], 16) if shown else _key(row_id.encode("utf-8", "replace"))
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key:
            return None
        known_by = self._splits[at] // len(SPLITS)
        if known_by not in ((_SHOWN,) if shown else (_OPEN, _OWN) if reviewer else (_OPEN,)):
            return None
        return self._place(at, "" if shown else row_id)

    def page(self, split: Split, limit: int, cursor: str | None) -> Page:
        """Read up to ``limit`` rows. Raises ValueError for a cursor that is not of these rows, RowGone or OSError while
        they are being replaced.
        """
        name, _, start = (cursor or f"{self.sha256[:12]}-0").partition("-")
        closed = split in self._closed
        if name != self.sha256[:12] or not (_is_key(start) if closed else _is_offset(start)):
            raise ValueError("this cursor is not of the present rows; begin again without one")
        if split not in self._paths:
            return Page([], None, closed)
        return self._closed_page(split, limit, int(start, 16)) if closed else self._open_page(split, limit, int(start))

    def _open_page(self, split: Split, limit: int, start: int) -> Page:
        rows: list[Row] = []
        with self._paths[split].open("rb") as file:
            file.seek(start)
            while len(rows) < limit and (line := file.readline()):
                try:
                    rows.append(Row.model_validate(orjson.loads(line)))
                except ValueError:
                    raise ValueError("this cursor points at no row; begin again without one") from None
            more = file.tell() < self._stamps[split][2]
            return Page(rows, f"{self.sha256[:12]}-{file.tell()}" if more else None)

    def _closed_page(self, split: Split, limit: int, after: int) -> Page:
        wanted = _entry(_SHOWN, SPLITS.index(split))
        places = (at for at in range(bisect_right(self._keys, after), len(self._keys)) if self._splits[at] == wanted)
        found = list(islice(places, limit + 1))
        rows = [(read_row(self._place(at, "")), _shown_id(self._keys[at])) for at in found[:limit]]
        last = f"{self.sha256[:12]}-{self._keys[found[limit - 1]]:016x}" if len(found) > limit else None
        return Page([row.model_copy(update={"id": name}) for row, name in rows], last, closed=True)

    def _place(self, at: int, row_id: str) -> Place:
        split = SPLITS[self._splits[at] % len(SPLITS)]
        path, stamp = str(self._paths[split]), self._stamps[split]
        return Place(row_id, split, path, self._offsets[at], self._lengths[at], stamp)


class Examples:
    """The rows of all tasks of a workspace; those of ``closed`` splits are shown under other names."""

    def __init__(self, workspace: Path, tasks: Iterable[str], closed: Collection[Split] = ()) -> None:
        self._folder = Workspace(workspace).tasks
        self._tasks = tuple(tasks)
        self._closed = frozenset(closed)
        self._indexes: dict[str, RowIndex] = {}
        self._seen: dict[str, Stamp | None] = {}
        self.faults: dict[str, str] = {}
        self.corpus: CorpusId | None = None

    @property
    def tasks(self) -> tuple[str, ...]:
        """All tasks, with rows or without."""
        return self._tasks

    def index(self, task: str) -> RowIndex | None:
        """The rows of a task, or None while there are none that can be used."""
        return self._indexes.get(task)

    def task_of(self, example_id: str) -> str | None:
        """The task that has a row of this id, or None."""
        return next((task for task, rows in self._indexes.items() if rows.find(example_id)), None)

    async def refresh(self) -> None:
        """Read again what has changed on disk."""
        for task in self._tasks:
            folder = self._folder / task
            try:
                stamp = stamp_of((folder / MANIFEST).stat())
            except OSError:
                stamp = None
            if task in self._seen and self._seen[task] == stamp:
                continue
            self._seen[task] = stamp
            if stamp is None:
                self._keep(task, None)
                self.faults[task] = "no prepared rows"
                continue
            await self._read(task, folder)

    async def watch(self) -> None:
        """Refresh for ever."""
        while True:
            await asyncio.sleep(REFRESH_S)
            await self.refresh()

    async def _read(self, task: str, folder: Path) -> None:
        try:
            rows = await asyncio.to_thread(RowIndex, folder, self._closed)
        except (CapError, OSError) as error:
            if isinstance(error, OSError):  # the same manifest may be read in a second
                self._seen.pop(task, None)
            self._keep(task, None)
            # Anyone may read it in `/readyz`: the log alone names places.
            told = error.message if isinstance(error, CapError) else "the rows can't be read"
            if self.faults.get(task) != told:
                _log.error("rows_refused", task=task, error=str(error))
            self.faults[task] = told
            return
        self._keep(task, rows)
        self.faults.pop(task, None)
        _log.info("rows_read", task=task, **rows.counts)

    def _keep(self, task: str, rows: RowIndex | None) -> None:
        """Change a task's rows and, in the same step, the name of all together: a receipt tells by whose rows it judged."""
        if rows is None:
            self._indexes.pop(task, None)
        else:
            self._indexes[task] = rows
        if not self._indexes:
            self.corpus = None
            return
        sha256 = digest({name: self._indexes[name].sha256 for name in sorted(self._indexes)})
        self.corpus = CorpusId(id=f"rows-{sha256[:12]}", sha256=sha256)


def _entry(known_by: int, split: int) -> int:
    return known_by * len(SPLITS) + split


def _shown_key(key: int, secret: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(key.to_bytes(8, "big"), key=secret, digest_size=8).digest(), "big")


def _shown_id(key: int) -> str:
    return f"held-{key:016x}"


def _is_offset(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= _OFFSET_DIGITS


def _is_key(text: str) -> bool:
    return text == "0" or re.fullmatch(r"[0-9a-f]{16}", text) is not None


def _key(row_id: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(row_id, digest_size=8).digest(), "big")


def _read_places(file: IO[bytes], keys: array[int], offsets: array[int], lengths: array[int]) -> str:
    """Add each line's place; returns the file's SHA-256. Raises BadData with file and line for a row without id."""
    sha256 = hashlib.sha256()
    offset = 0
    for number, line in enumerate(file, 1):
        sha256.update(line)
        keys.append(_key(_id_of(line, file.name, number)))
        offsets.append(offset)
        lengths.append(len(line))
        offset += len(line)
    return sha256.hexdigest()


def _id_of(line: bytes, name: str, number: int) -> bytes:
    # Rows are written with their id first; the short way is ten times faster than parsing.
    if line.startswith(b'{"id":"'):
        value, _, rest = line[7:].partition(b'"')
        if rest and b"\\" not in value:
            return value
    try:
        found: Any = orjson.loads(line)["id"]
        return str(found).encode()
    except (ValueError, KeyError, TypeError):
        raise BadData("this line is no row", f"{name}:{number}", "Prepare this task again") from None


def _sorted(values: array[int], order: Any) -> array[int]:
    """An array again: one value of it is looked up in a tenth of the time that one of numpy's takes."""
    kept = np.frombuffer(values, values.typecode)[order] if values else b""
    return array(values.typecode, bytes(kept))

"""The prepared rows of a workspace by id, without holding them: 21 bytes a row stay in memory.

The service keeps hash, offset, length and split of each row; a scoring process reads the row itself. A task whose
manifest changes is read again in the background while the former index goes on serving.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
from array import array
from bisect import bisect_left
from collections.abc import Iterable
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
from services.reward_api.row_files import Place, Stamp, stamp_of

REFRESH_S = 1.0
_OFFSET_DIGITS = 18  # of a place in a file
_log = structlog.get_logger("reward_api")


@dataclass(frozen=True)
class Page:
    """Rows from a cursor on; ``next_cursor`` is None after the last."""

    rows: list[Row]
    next_cursor: str | None


class RowIndex:
    """The rows of one task under one manifest. Built off the event loop; raises BadData where files and manifest differ."""

    def __init__(self, folder: Path) -> None:
        manifest = read_manifest(folder)
        self.sha256 = manifest.digest
        self.counts: dict[Split, int] = {}
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
            self.counts[split] = len(keys) - before
            splits.extend([number] * self.counts[split])
        order = np.argsort(np.frombuffer(keys, np.uint64), kind="stable") if keys else np.zeros(0, np.int64)
        self._keys = _sorted(keys, order)
        self._offsets = _sorted(offsets, order)
        self._lengths = _sorted(lengths, order)
        self._splits = _sorted(splits, order)
        if any(map(eq, self._keys, islice(self._keys, 1, None))):
            raise BadData("two rows share one id", str(folder), "Prepare this task again")

    def find(self, row_id: str) -> Place | None:
        """The place of a row, or None. The reader compares the id itself, since only its hash is kept here."""
        key = _key(row_id.encode("utf-8", "replace"))
        at = bisect_left(self._keys, key)
        if at == len(self._keys) or self._keys[at] != key:
            return None
        split = SPLITS[self._splits[at]]
        path, stamp = str(self._paths[split]), self._stamps[split]
        return Place(row_id, split, path, self._offsets[at], self._lengths[at], stamp)

    def page(self, split: Split, limit: int, cursor: str | None) -> Page:
        """Read up to ``limit`` rows. Raises ValueError for a cursor that is not of these rows."""
        name, _, start = (cursor or f"{self.sha256[:12]}-0").partition("-")
        if name != self.sha256[:12] or not (start.isascii() and start.isdigit() and len(start) <= _OFFSET_DIGITS):
            raise ValueError("this cursor is not of the present rows; begin again without one")
        if split not in self._paths:
            return Page([], None)
        rows: list[Row] = []
        with self._paths[split].open("rb") as file:
            file.seek(int(start))
            while len(rows) < limit and (line := file.readline()):
                try:
                    rows.append(Row.model_validate(orjson.loads(line)))
                except ValueError:
                    raise ValueError("this cursor points at no row; begin again without one") from None
            more = file.tell() < self._stamps[split][2]
            return Page(rows, f"{self.sha256[:12]}-{file.tell()}" if more else None)


class Examples:
    """The rows of all tasks of a workspace."""

    def __init__(self, workspace: Path, tasks: Iterable[str]) -> None:
        self._folder = Workspace(workspace).tasks
        self._tasks = tuple(tasks)
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
                self._indexes.pop(task, None)
                self.faults[task] = "no prepared rows"
                continue
            await self._read(task, folder)
        self.corpus = self._corpus()

    async def watch(self) -> None:
        """Refresh for ever."""
        while True:
            await asyncio.sleep(REFRESH_S)
            await self.refresh()

    async def _read(self, task: str, folder: Path) -> None:
        try:
            self._indexes[task] = await asyncio.to_thread(RowIndex, folder)
        except (CapError, OSError) as error:
            self._indexes.pop(task, None)
            self.faults[task] = str(error)
            _log.error("rows_refused", task=task, error=str(error))
            return
        self.faults.pop(task, None)
        _log.info("rows_read", task=task, **self._indexes[task].counts)

    def _corpus(self) -> CorpusId | None:
        if not self._indexes:
            return None
        sha256 = digest({task: self._indexes[task].sha256 for task in sorted(self._indexes)})
        return CorpusId(id=f"rows-{sha256[:12]}", sha256=sha256)


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

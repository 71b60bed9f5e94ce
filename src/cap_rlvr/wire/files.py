"""Files that are whole or absent: written beside their place, synced, then renamed into it; and the room for them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def whole_file(path: Path) -> Generator[IO[bytes]]:
    """Open a file for writing that appears at ``path`` complete, or not at all.

    Raises whatever the block raises, after removing the partial file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


def write_whole(path: Path, data: bytes | str) -> None:
    """Write bytes, or text as UTF-8, so that a reader sees all of it or none."""
    with whole_file(path) as file:
        file.write(data.encode() if isinstance(data, str) else data)


def append_line(path: Path, line: bytes) -> None:
    """Add a line, on the disk when this returns; a last one that an editor has left without its end is ended first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        if file.seek(0, os.SEEK_END):
            file.seek(-1, os.SEEK_END)
            line = line if file.read(1) == b"\n" else b"\n" + line
        file.write(line + b"\n")
        file.flush()
        os.fsync(file.fileno())


def free_bytes(folder: Path) -> int:
    """Bytes free on the file system that ``folder`` is on, or will be on once it is made."""
    place = folder.resolve()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free

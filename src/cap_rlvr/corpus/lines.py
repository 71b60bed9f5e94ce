"""Lines of a shard, plain or compressed, one in memory at a time."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, cast

SHARD_ENDINGS = (".jsonl", ".jsonl.gz", ".jsonl.zst")
MAX_RECORD_BYTES = 64 * 1024 * 1024  # the longest decision of CAP is under 10 MB


def first_record(path: Path) -> bytes:
    """The first line that isn't blank, or nothing. Raises OSError or EOFError where it can't be read."""
    with _opened(path) as file:
        for line in file:
            if line.strip():
                return line
    return b""


def records(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """Line numbers (from 1) and lines, blank ones left out; None for a line over the limit.

    Raises OSError or EOFError in the middle where the file is cut off or damaged.
    """
    with _opened(path) as file:
        number = 0
        while line := file.readline(MAX_RECORD_BYTES):
            number += 1
            if len(line) == MAX_RECORD_BYTES and not line.endswith(b"\n"):
                while (rest := file.readline(MAX_RECORD_BYTES)) and not rest.endswith(b"\n"):
                    pass
                yield number, None
            elif line.strip():
                yield number, line


@contextmanager
def _opened(path: Path) -> Generator[IO[bytes]]:
    """A shard's bytes. Damage is an OSError or EOFError, whatever the compression calls it."""
    if path.suffix == ".gz":
        try:
            with gzip.open(path, "rb") as file:
                yield cast("IO[bytes]", file)
        except zlib.error as error:
            raise OSError(f"damaged: {error}") from None
    elif path.suffix == ".zst":
        import zstandard

        try:
            with (
                path.open("rb") as raw,
                zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True) as stream,
            ):
                yield cast("IO[bytes]", io.BufferedReader(stream, 1 << 20))
        except zstandard.ZstdError as error:
            raise OSError(f"damaged: {error}") from None
    else:
        with path.open("rb") as file:
            yield file

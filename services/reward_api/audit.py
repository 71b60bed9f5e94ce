"""Who scored how many items of what: one JSON line a request, never with its text.

A thread writes the lines, so that a slow disk or a reader that has stopped never holds up scoring; lines that it can't
take are counted and told in `/readyz`. The file is opened anew for each batch of lines: it may be rotated at any time.
"""

from __future__ import annotations

import os
import queue
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from cap_rlvr.wire.errors import BadInput

STDOUT = "-"
_WAITING = 20_000
_CLOSE_S = 5.0
LOSING = "The audit log can't be written: lines are being lost."


class AuditLog:
    """``target`` is a file (mode 0600, appended to), `-` for stdout, or empty for none. Raises BadInput for no such file."""

    def __init__(self, target: str) -> None:
        self._target = target
        if target:
            self._try()
        self._lines: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._thread: threading.Thread | None = None
        self._failing = False
        self.lost = 0

    @property
    def on(self) -> bool:
        """Whether lines are written anywhere."""
        return self._thread is not None

    @property
    def degraded(self) -> str:
        """Why lines are missing; empty while all are written."""
        return LOSING if self._failing else ""

    def start(self) -> None:
        """Begin to write."""
        if self._target:
            self._thread = threading.Thread(target=self._run, name="audit-log", daemon=True)
            self._thread.start()

    def add(self, record: dict[str, Any]) -> None:
        """Put one line in the queue; returns at once."""
        if self._thread is None:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        try:
            self._lines.put_nowait(orjson.dumps({"time": now, **record}) + b"\n")
        except queue.Full:
            self.lost += 1
            self._failing = True

    def close(self) -> None:
        """Write what waits, for five seconds at most."""
        if self._thread is None:
            return
        try:
            self._lines.put(None, timeout=_CLOSE_S)
        except queue.Full:
            return
        self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        going = True
        while going:
            lines: list[bytes] = []
            line = self._lines.get()
            while line is not None:
                lines.append(line)
                try:
                    line = self._lines.get_nowait()
                except queue.Empty:
                    break
            going = line is not None
            try:
                self._write(b"".join(lines))
                self._failing = False
            except OSError:
                self.lost += len(lines)
                self._failing = True

    def _try(self) -> None:
        try:
            self._write(b"")
        except OSError as error:
            raise BadInput(f"{self._target}: {error.strerror}", "REWARD_AUDIT_LOG", "Name another file") from None

    def _write(self, data: bytes) -> None:
        if self._target == STDOUT:
            sys.stdout.buffer.write(data)
            sys.stdout.buffer.flush()
            return
        handle = os.open(Path(self._target), os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "ab", buffering=0) as file:
            while data:  # one call takes it all, save on a full disk
                data = data[file.write(data) :]

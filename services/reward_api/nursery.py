"""Where scoring processes come from: one process that has everything loaded and forks on demand.

A fork takes some ten milliseconds where a start takes seconds of imports, so losing a scoring process costs little.
The nursery has no threads, which is what makes forking safe; this service has, and never forks itself.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from contextlib import suppress

import orjson

from services.reward_api.scoring_worker import read_frame

MODULE = "services.reward_api.scoring_worker"
# A fork or a wait takes milliseconds; a nursery that needs longer is stuck and is replaced.
_ANSWER_S = 15.0


class NurseryLost(Exception):
    """The nursery ended or does not answer; the next call starts another."""


class Nursery:
    """``registry`` names the tasks' module; ``cpu_seconds`` is the limit that each forked process puts on an item."""

    def __init__(self, registry: str, cpu_seconds: float, start_seconds: float) -> None:
        self._command = [registry, str(cpu_seconds)]
        self._start_seconds = start_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._lock = asyncio.Lock()
        self.broken: dict[str, str] = {}

    async def fork(self) -> tuple[int, socket.socket]:
        """A new scoring process, ready: its id and our end of its socket. Raises NurseryLost."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                async with self._lock:
                    pid = await self._ask(b"fork", [theirs.fileno()])
        except BaseException:
            ours.close()
            raise
        return pid, ours

    async def reap(self, pid: int) -> int:
        """How a process that has ended or is ending did so: its exit code, or minus the signal. Raises NurseryLost."""
        async with self._lock:
            return await self._ask(b"%d" % pid, [])

    async def close(self) -> None:
        """End the nursery; processes forked by it end when their sockets close."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)
            self._process = None

    async def _ask(self, command: bytes, descriptors: list[int]) -> int:
        try:
            control = self._control or await self._start()
            return await asyncio.to_thread(_exchange, control, command, descriptors)
        except (OSError, EOFError) as error:
            await self.close()
            raise NurseryLost(type(error).__name__) from None
        except asyncio.CancelledError:
            await self.close()  # the thread may still be reading: nobody else may use this socket
            raise

    async def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair()
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-m", MODULE, str(theirs.fileno()), *self._command]
        with theirs:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - some milliseconds, once
                command, stdin=subprocess.DEVNULL, env=environment, pass_fds=[theirs.fileno()]
            )
        ours.settimeout(self._start_seconds)
        self._control = ours
        hello = await asyncio.to_thread(read_frame, ours)
        if hello is None:
            raise EOFError
        self.broken = orjson.loads(hello)["broken"]
        ours.settimeout(_ANSWER_S)
        return ours


def _exchange(control: socket.socket, command: bytes, descriptors: list[int]) -> int:
    socket.send_fds(control, [command], descriptors)
    reply = control.recv(8)
    if len(reply) < 8:
        raise EOFError
    return int.from_bytes(reply, "big", signed=True)


def kill(pid: int) -> None:
    """End a scoring process at once; one that is gone is fine."""
    with suppress(ProcessLookupError):
        os.kill(pid, 9)

"""One scoring process as the service sees it: a socket, the chunk it is judging, and how it ended."""

from __future__ import annotations

import asyncio
import signal
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Generic, Literal, Protocol, TypeVar

import orjson

from services.reward_api.nursery import Nursery, NurseryLost, kill
from services.reward_api.row_files import Place
from services.reward_api.scoring_worker import NOT_MINE, frame, pack
from services.reward_api.verdicts import Verdict

# `cpu`: by a completion, `truth`: by a ground truth. `orphaned`: how it ended can't be known, because the nursery was lost
# before it. `grown`: it ended itself, having become large.
Cause = Literal["cpu", "truth", "died", "stalled", "orphaned", "grown"]
# Items sent at once: few enough that a slow item delays few others, enough to share a frame's cost (0.1 ms).
CHUNK = 16
_CAUSES: dict[int, Cause] = {0: "grown", -signal.SIGPROF: "cpu", -signal.SIGVTALRM: "truth", NOT_MINE: "orphaned"}


class Item(Protocol):
    """What a process needs to know of an item."""

    task: str
    completion: str
    truth: dict[str, Any]
    place: Place | None


def _cpu_ticks(pid: int) -> tuple[int, bool]:
    """CPU time of a process so far, in the kernel's ticks, and whether it wants more; 0 and no where there is no /proc."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0, False
    return int(fields[11]) + int(fields[12]), fields[0] == "R"


T = TypeVar("T", bound=Item)


class ScoringProcess(asyncio.Protocol, Generic[T]):
    """``own`` are items that a lost process left to this one. One of the callbacks follows each `judge`; ``on_lost`` comes once."""

    def __init__(
        self,
        nursery: Nursery,
        own: Sequence[T],
        on_verdicts: Callable[[ScoringProcess[T], list[T], list[Verdict]], None],
        on_lost: Callable[[ScoringProcess[T]], None],
    ) -> None:
        self.pid = 0
        self.chunk: list[T] = []
        self.own = deque(own)
        self._judged = 0
        self._nursery = nursery
        self._on_verdicts = on_verdicts
        self._on_lost = on_lost
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._timer: asyncio.TimerHandle | None = None
        self._stalled = False
        self.gone = False

    @property
    def fresh(self) -> bool:
        """Whether it has judged no more than the rest of one chunk since its start."""
        return self._judged < CHUNK

    async def start(self) -> None:
        """Get a process that can score at once. Raises NurseryLost."""
        self.pid, connection = await self._nursery.fork()
        connection.setblocking(False)
        self._transport, _ = await asyncio.get_running_loop().create_connection(lambda: self, sock=connection)

    def judge(self, chunk: list[T], wall: float) -> None:
        """Send a chunk. A process that then uses no CPU for ``wall`` seconds is ended, within twice that time."""
        self.chunk = chunk
        assert self._transport
        self._timer = asyncio.get_running_loop().call_later(wall, self._look, wall, None)
        self._transport.write(
            frame(orjson.dumps([pack(one.task, one.completion, one.truth, one.place) for one in chunk]))
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if len(self._buffer) < 4 or len(self._buffer) < (end := 4 + int.from_bytes(self._buffer[:4], "big")):
            return
        verdicts = [Verdict.unpack(one) for one in orjson.loads(self._buffer[4:end])]
        self._buffer.clear()
        self._stop_timer()
        chunk, self.chunk = self.chunk, []
        self._judged += len(chunk)
        self._on_verdicts(self, chunk, verdicts)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.gone = True
        self._stop_timer()
        self._on_lost(self)

    def _look(self, wall: float, before: int | None) -> None:
        """End the process if it has stood still since the last look; one that is only starved of CPU goes on."""
        now, waits_for_cpu = _cpu_ticks(self.pid)
        if before is None or now != before or waits_for_cpu:
            self._timer = asyncio.get_running_loop().call_later(wall, self._look, wall, now)
            return
        self._stalled = True
        kill(self.pid)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def cause(self) -> Cause:
        """Reap a lost process and say why it ended."""
        try:
            code = await self._nursery.reap(self.pid)
        except NurseryLost:
            return "stalled" if self._stalled else "orphaned"
        return "stalled" if self._stalled else _CAUSES.get(code, "died")

    async def end(self) -> None:
        """Make sure that a living process is gone."""
        if not self.gone:
            kill(self.pid)
            await self.cause()
        if self._transport is not None:
            self._transport.close()

"""A pool of scoring processes that outlives any of them.

Items travel in small chunks. When a process is lost, its chunk is judged again item by item on fresh processes, so
that only the item at fault pays: twice over the CPU limit on a fresh process is a score of 0 (`cost_limit`), two
deaths are our error (`worker_died`), a stall in wall time is our error (`worker_stalled`).
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import orjson
import structlog

from cap_rlvr.wire.errors import Unavailable
from services.reward_api.nursery import MODULE, Nursery, NurseryLost, kill
from services.reward_api.row_files import Place
from services.reward_api.scoring_worker import NOT_MINE, frame, pack
from services.reward_api.verdicts import Verdict, cost_limit, our_error

# `orphaned`: how it ended can't be known, because the nursery was lost before it.
Cause = Literal["cpu", "died", "stalled", "orphaned"]
# Small enough that one slow item delays few others, large enough that a frame's cost (0.1 ms) is shared.
CHUNK = 16
# Two count at most; the others may be an unlucky process's.
MAX_TRIES = 5
_CAUSES: dict[int, Cause] = {-signal.SIGPROF: "cpu", NOT_MINE: "orphaned"}
_log = structlog.get_logger("reward_api")


@dataclass(frozen=True)
class Limits:
    """Seconds. ``cpu`` is the contract's; ``wall`` twice (a chunk, then its item alone) fits the server's deadline."""

    cpu: float = 1.0
    wall: float = 9.0
    start: float = 60.0


@dataclass(eq=False)
class Ticket:
    """One item to judge and the future that its verdict settles."""

    task: str
    completion: str
    truth: dict[str, Any] | None
    place: Place | None
    verdict: asyncio.Future[Verdict]
    losses: list[Cause] = field(default_factory=list[Cause])
    tries: int = 0

    def settle(self, verdict: Verdict) -> None:
        if not self.verdict.done():
            self.verdict.set_result(verdict)


class _Channel(asyncio.Protocol):
    """Frames from one process; ``lost`` is set when its end closes."""

    def __init__(self) -> None:
        self.frames: asyncio.Queue[bytes] = asyncio.Queue()
        self.lost = asyncio.get_running_loop().create_future()
        self._buffer = bytearray()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while len(self._buffer) >= 4:
            end = 4 + int.from_bytes(self._buffer[:4], "big")
            if len(self._buffer) < end:
                return
            self.frames.put_nowait(bytes(self._buffer[4:end]))
            del self._buffer[:end]

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        if not self.lost.done():
            self.lost.set_result(None)


class Lost(Exception):
    """The process ended or was ended."""

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause)
        self.cause: Cause = cause


class _Worker:
    """One scoring process and the socket to it."""

    def __init__(self, nursery: Nursery, pid: int, transport: asyncio.Transport, channel: _Channel) -> None:
        self.pid = pid
        self.judged = 0
        self.channel = channel
        self._reaped = False
        self._nursery = nursery
        self._transport = transport

    @classmethod
    async def start(cls, nursery: Nursery) -> _Worker:
        """A process that can score at once. Raises NurseryLost."""
        pid, connection = await nursery.fork()
        connection.setblocking(False)
        transport, channel = await asyncio.get_running_loop().create_connection(_Channel, sock=connection)
        return cls(nursery, pid, transport, channel)

    @property
    def fresh(self) -> bool:
        """Whether it has judged no more than the rest of one chunk since its start."""
        return self.judged < CHUNK

    async def judge(self, tickets: Sequence[Ticket], wall: float) -> list[Verdict]:
        """The verdicts of the tickets, in order. Raises Lost."""
        self._transport.write(
            frame(orjson.dumps([pack(one.task, one.completion, one.truth, one.place) for one in tickets]))
        )
        packed: list[list[Any]] = orjson.loads(await self._receive(wall))
        self.judged += len(tickets)
        return [Verdict.unpack(one) for one in packed]

    async def _receive(self, seconds: float) -> bytes:
        getting = asyncio.ensure_future(self.channel.frames.get())
        try:
            await asyncio.wait({getting, self.channel.lost}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if getting.done():
                return getting.result()
        finally:
            getting.cancel()
        if not self.channel.lost.done():
            raise Lost("stalled")
        raise Lost(await self._reap())

    async def _reap(self) -> Cause:
        self._reaped = True
        try:
            code = await self._nursery.reap(self.pid)
        except NurseryLost:
            return "orphaned"
        return _CAUSES.get(code, "died")

    async def end(self) -> None:
        """Make sure that the process is gone."""
        if not self.channel.lost.done():
            kill(self.pid)
        if not self._reaped:
            await self._reap()
        self._transport.close()


class ScoringPool:
    """``registry`` names a module like `cap_rlvr.registry` that each process imports."""

    def __init__(self, registry: str, size: int, limits: Limits | None = None) -> None:
        self._size = size
        self._limits = limits or Limits()
        self._nursery = Nursery(registry, self._limits.cpu, self._limits.start)
        self._chunks: asyncio.Queue[list[Ticket]] = asyncio.Queue()
        self._slots: list[asyncio.Task[None]] = []
        self._workers: set[_Worker] = set()
        self._started = asyncio.Event()
        self.pending = 0
        self.losses: dict[Cause, int] = dict.fromkeys(get_args(Cause), 0)

    @property
    def broken(self) -> dict[str, str]:
        """Tasks whose scorer could not be loaded, with the kind of error."""
        return self._nursery.broken

    @property
    def alive(self) -> int:
        """Processes that can score now."""
        return len(self._workers)

    async def start(self) -> None:
        """Start all processes; returns when the first can score. Raises Unavailable when none can."""
        self._slots = [asyncio.create_task(self._serve()) for _ in range(self._size)]
        try:
            await asyncio.wait_for(self._started.wait(), self._limits.start)
        except TimeoutError:
            await self.close()
            raise Unavailable("no scoring process could be started", MODULE, "Its log lines say why") from None

    async def close(self) -> None:
        """End all processes; tickets still waiting get our error."""
        for slot in self._slots:
            slot.cancel()
        await asyncio.gather(*self._slots, return_exceptions=True)
        await asyncio.gather(*(worker.end() for worker in list(self._workers)))
        self._workers.clear()
        await self._nursery.close()
        while not self._chunks.empty():
            for ticket in self._chunks.get_nowait():
                ticket.settle(our_error(ticket.task, "shutting_down", "The service is shutting down."))

    def submit(self, tickets: Sequence[Ticket]) -> None:
        """Queue tickets; each settles its own future."""
        size = max(1, min(CHUNK, -(-len(tickets) // self._size)))
        self.pending += len(tickets)
        for ticket in tickets:
            ticket.verdict.add_done_callback(self._count_down)
        for start in range(0, len(tickets), size):
            self._chunks.put_nowait(list(tickets[start : start + size]))

    def _count_down(self, _: object) -> None:
        self.pending -= 1

    async def _serve(self) -> None:
        worker = await self._fresh()
        while True:
            chunk = await self._next_chunk(worker)
            worker = await self._replace(worker, "died") if chunk is None else await self._judge(worker, chunk)

    async def _next_chunk(self, worker: _Worker) -> list[Ticket] | None:
        """The next chunk, or None when the idle process has died."""
        if not self._chunks.empty():
            return self._chunks.get_nowait()
        getting = asyncio.ensure_future(self._chunks.get())
        try:
            await asyncio.wait({getting, worker.channel.lost}, return_when=asyncio.FIRST_COMPLETED)
            return getting.result() if getting.done() else None
        finally:
            getting.cancel()

    async def _judge(self, worker: _Worker, chunk: list[Ticket]) -> _Worker:
        """Settle every ticket of the chunk; returns the process to go on with."""
        fresh = worker.fresh
        try:
            for ticket, verdict in zip(chunk, await worker.judge(chunk, self._limits.wall), strict=True):
                ticket.settle(verdict)
            return worker
        except Lost as lost:
            worker = await self._replace(worker, lost.cause)
            if len(chunk) > 1:
                for ticket in chunk:
                    worker = await self._judge(worker, [ticket])
                return worker
            self._blame(chunk[0], lost.cause, fresh)
            return worker if chunk[0].verdict.done() else await self._judge(worker, chunk)
        except asyncio.CancelledError:
            for ticket in chunk:
                ticket.settle(our_error(ticket.task, "shutting_down", "The service is shutting down."))
            raise

    def _blame(self, ticket: Ticket, cause: Cause, fresh: bool) -> None:
        """Settle an item that lost a process while alone in it, or leave it for another try."""
        if cause == "stalled":
            text = f"The scorer gave no answer within {self._limits.wall:g} s."
            ticket.settle(our_error(ticket.task, "worker_stalled", text))
        if cause == "died" or (cause == "cpu" and fresh):  # a used process may have been slow for its own reasons
            ticket.losses.append(cause)
        ticket.tries += 1
        if ticket.losses == ["cpu", "cpu"]:
            _log.warning("cost_limit", task=ticket.task, characters=len(ticket.completion))
            ticket.settle(cost_limit(ticket.task, self._limits.cpu))
        elif len(ticket.losses) > 1 or ticket.tries == MAX_TRIES:
            ticket.settle(our_error(ticket.task, "worker_died", "The scoring process died again and again."))

    async def _replace(self, worker: _Worker, cause: Cause) -> _Worker:
        self.losses[cause] += 1
        self._workers.discard(worker)
        _log.warning("scoring_process_lost", cause=cause, process=worker.pid)
        await worker.end()
        return await self._fresh()

    async def _fresh(self) -> _Worker:
        """A new process, however long it takes to get one."""
        wait = 0.5
        while True:
            try:
                worker = await _Worker.start(self._nursery)
            except NurseryLost as lost:
                _log.error("scoring_process_not_started", error=str(lost), next_try_s=wait)
                await asyncio.sleep(wait)
                wait = min(10.0, 2 * wait)
                continue
            self._workers.add(worker)
            self._started.set()
            return worker

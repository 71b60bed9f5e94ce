"""A pool of scoring processes that outlives any of them.

Items travel in small chunks, driven by callbacks: on the common way no task is made and nothing is awaited. When a
process is lost, its chunk is judged again item by item on a fresh process, so that only the item at fault pays: twice
over the CPU limit on a fresh process is a score of 0 (`cost_limit`), or, where it was the ground truth that took it,
unscorable (`costly_ground_truth`); two deaths are our error (`worker_died`), a stall
without CPU use is our error (`worker_stalled`).
"""

from __future__ import annotations

import asyncio
from collections import Counter as Tally
from collections import OrderedDict, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args

import structlog

from cap_rlvr.wire.errors import Unavailable
from services.reward_api.nursery import MODULE, Nursery, NurseryLost
from services.reward_api.row_files import Place
from services.reward_api.scoring_process import CHUNK, Cause, ScoringProcess
from services.reward_api.verdicts import Verdict, cost_limit, our_error, unscorable

# Two losses count at most; the others may be an unlucky process's.
MAX_TRIES = 5
_log = structlog.get_logger("reward_api")


@dataclass(frozen=True)
class Limits:
    """Seconds. ``cpu`` is the contract's, for an item.

    A process that uses no CPU for ``wall`` is stalled; that takes up to twice as long to see, twice over (a chunk, then
    its item alone), and fits the server's deadline.
    """

    cpu: float = 1.0
    wall: float = 4.5
    start: float = 60.0


@dataclass(eq=False)
class Ticket:
    """One item to judge. ``settled`` is called with it once its verdict is there, and so are those added later.

    ``owner`` is who asked for it first.
    """

    task: str
    completion: str
    truth: dict[str, Any]
    place: Place | None
    owner: str = ""
    verdict: Verdict | None = None
    settled: list[Callable[[Ticket], None]] = field(default_factory=list[Callable[["Ticket"], None]])
    losses: list[Cause] = field(default_factory=list[Cause])
    tries: int = 0

    def settle(self, verdict: Verdict) -> None:
        self.verdict = verdict
        for call in self.settled:
            call(self)


class Turns:
    """Chunks that wait: each owner's in their order, the owners in turn, so that nobody waits for all of another's."""

    def __init__(self) -> None:
        self._waiting: OrderedDict[str, deque[list[Ticket]]] = OrderedDict()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, owner: str, chunk: list[Ticket]) -> None:
        self._waiting.setdefault(owner, deque()).append(chunk)

    def next(self) -> list[Ticket]:
        owner, chunks = self._waiting.popitem(last=False)
        chunk = chunks.popleft()
        if chunks:
            self._waiting[owner] = chunks
        return chunk


class ScoringPool:
    """``registry`` names a module like `cap_rlvr.registry` that the scoring processes import."""

    def __init__(self, registry: str, size: int, limits: Limits | None = None) -> None:
        self._size = size
        self._limits = limits or Limits()
        self._nursery = Nursery(registry, self._limits.cpu, self._limits.start)
        self._chunks = Turns()
        self._idle: deque[ScoringProcess[Ticket]] = deque()
        self._processes: set[ScoringProcess[Ticket]] = set()
        self._joining: set[asyncio.Task[None]] = set()
        self._started = asyncio.Event()
        self._closing = False
        self._open: set[Ticket] = set()
        self._owned: Tally[str] = Tally()
        self.losses: dict[Cause, int] = dict.fromkeys(get_args(Cause), 0)

    @property
    def broken(self) -> dict[str, str]:
        """Tasks whose scorer could not be loaded, with the kind of error."""
        return self._nursery.broken

    @property
    def pending(self) -> int:
        """Items queued or being judged."""
        return len(self._open)

    def pending_of(self, owner: str) -> int:
        """Those of them that one owner asked for."""
        return self._owned[owner]

    @property
    def alive(self) -> int:
        """Processes that can score now."""
        return len(self._processes)

    async def start(self) -> None:
        """Start all processes; returns when the first can score. Raises Unavailable when none can."""
        for _ in range(self._size):
            self._spawn(self._join([]))
        try:
            await asyncio.wait_for(self._started.wait(), self._limits.start)
        except TimeoutError:
            await self.close()
            raise Unavailable("no scoring process could be started", MODULE, "Its log lines say why") from None

    async def close(self) -> None:
        """End all processes; tickets still waiting get our error."""
        self._closing = True
        for task in self._joining:
            task.cancel()
        await asyncio.gather(*self._joining, return_exceptions=True)
        for ticket in list(self._open):
            self._settle(ticket, our_error(ticket.task, "shutting_down", "The service is shutting down."))
        await asyncio.gather(*(process.end() for process in self._processes))
        self._processes.clear()
        await self._nursery.close()

    def submit(self, tickets: Sequence[Ticket]) -> None:
        """Queue tickets of one owner; each is settled in its own time."""
        size = max(1, min(CHUNK, -(-len(tickets) // self._size)))
        self._open.update(tickets)
        self._owned.update(ticket.owner for ticket in tickets)
        for start in range(0, len(tickets), size):
            self._chunks.add(tickets[start].owner, list(tickets[start : start + size]))
        while self._idle and self._chunks:
            self._employ(self._idle.popleft())

    def _settle(self, ticket: Ticket, verdict: Verdict) -> None:
        if ticket in self._open:
            self._open.remove(ticket)
            self._owned[ticket.owner] -= 1
            if not self._owned[ticket.owner]:
                del self._owned[ticket.owner]
            ticket.settle(verdict)

    def _employ(self, process: ScoringProcess[Ticket]) -> None:
        """Give a free process its next chunk: first what is left of a lost one's, then the queue's."""
        if process.own:
            process.judge([process.own.popleft()], self._limits.wall)
        elif self._chunks:
            process.judge(self._chunks.next(), self._limits.wall)
        else:
            self._idle.append(process)

    def _on_verdicts(self, process: ScoringProcess[Ticket], chunk: list[Ticket], verdicts: list[Verdict]) -> None:
        for ticket, verdict in zip(chunk, verdicts, strict=True):
            self._settle(ticket, verdict)
        self._employ(process)

    def _on_lost(self, process: ScoringProcess[Ticket]) -> None:
        self._processes.discard(process)
        if process in self._idle:
            self._idle.remove(process)
        if not self._closing:
            self._spawn(self._replace(process))

    async def _replace(self, process: ScoringProcess[Ticket]) -> None:
        """Find out why a process was lost, blame its item or set its chunk's items apart, and start another."""
        cause = await process.cause()
        self.losses[cause] += 1
        _log.warning("scoring_process_lost", cause=cause, process=process.pid)
        if len(process.chunk) == 1:
            self._blame(process.chunk[0], cause, process.fresh)
        await self._join([ticket for ticket in (*process.chunk, *process.own) if ticket.verdict is None])

    def _blame(self, ticket: Ticket, cause: Cause, fresh: bool) -> None:
        """Settle an item that lost a process while alone in it, or leave it for another try."""
        if cause == "stalled":
            text = f"The scorer stood still for {self._limits.wall:g} s."
            self._settle(ticket, our_error(ticket.task, "worker_stalled", text))
        # A used process may have been slow for its own reasons.
        if cause == "died" or (cause in {"cpu", "truth"} and fresh):
            ticket.losses.append(cause)
        ticket.tries += 1
        if ticket.losses == ["cpu", "cpu"]:
            _log.warning("cost_limit", task=ticket.task, characters=len(ticket.completion))
            self._settle(ticket, cost_limit(ticket.task, self._limits.cpu))
        elif ticket.losses == ["truth", "truth"]:
            text = f"Reading this ground truth took more than {self._limits.cpu:g} s of CPU time, twice."
            self._settle(ticket, unscorable(ticket.task, "costly_ground_truth", text))
        elif len(ticket.losses) > 1 or ticket.tries == MAX_TRIES:
            self._settle(ticket, our_error(ticket.task, "worker_died", "The scoring process died again and again."))

    async def _join(self, own: Sequence[Ticket]) -> None:
        """Add a process to the pool, however long it takes to get one; ``own`` is judged by it, one by one."""
        wait = 0.5
        process: ScoringProcess[Ticket] = ScoringProcess(self._nursery, own, self._on_verdicts, self._on_lost)
        while True:
            try:
                await process.start()
                break
            except NurseryLost as lost:
                _log.error("scoring_process_not_started", error=str(lost), next_try_s=wait)
                await asyncio.sleep(wait)
                wait = min(10.0, 2 * wait)
        if process.gone:  # and is being replaced already
            return
        self._processes.add(process)
        self._started.set()
        self._employ(process)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._joining.add(task)
        task.add_done_callback(self._joining.discard)

"""Items a minute, counted in Redis or Valkey for all processes, or in this process alone where there is none.

The minute slides: this minute's items count, and of the last minute's, as if evenly spread, those less than 60 s back.
One script decides and counts in one step, by the server's clock, so that neither two processes nor two clocks let more
through. One call is under way at a time and takes all requests along that have come meanwhile. A server that is lost
costs a request half a second once; then this process counts by itself, having counted along all the time, until the
server is back.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import structlog

from cap_rlvr.wire.errors import BadInput
from services.reward_api.logs import frames_of

if TYPE_CHECKING:
    from redis.asyncio import Redis

WINDOW_S = 60
ANSWER_S = 0.5
_RETRY_S = 1.0
_AT_ONCE = 500
KEY = "cap-rlvr:{quota}:"  # the braces keep all of them on one node of a cluster
_SETTING = "REWARD_REDIS_URL"
ALONE = f"Quotas and submissions are counted by each process for itself: no {_SETTING} is set."
LOST = "Quotas and submissions are counted by each process for itself: Redis does not answer as it should."
_log = structlog.get_logger("reward_api")

# For each key the same steps as `Window.take`; a test runs both on the same sequences. Returns milliseconds to wait.
SCRIPT = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
local length = tonumber(ARGV[1])
local minute = math.floor(now / length)
local share = 1 - (now / length - minute)
local waits = {}
for index, key in ipairs(KEYS) do
  local items, quota = tonumber(ARGV[2 * index]), tonumber(ARGV[2 * index + 1])
  local kept = redis.call('HMGET', key, 'minute', 'this', 'last')
  local at, this, last = tonumber(kept[1] or minute), tonumber(kept[2] or 0), tonumber(kept[3] or 0)
  if at < minute then
    last = at == minute - 1 and this or 0
    this = 0
  end
  local wait = 0
  if items > 0 and last * share + this + items > quota then
    if this + items <= quota then
      wait = (share - (quota - items - this) / last) * length
    else
      wait = (share + 1 - (quota - items) / this) * length
    end
    wait = math.max(1, math.ceil(wait * 1000))
  else
    this = math.max(0, this + items)
  end
  redis.call('HSET', key, 'minute', minute, 'this', this, 'last', last)
  redis.call('EXPIRE', key, 2 * length)
  waits[index] = wait
end
return waits
"""


class _Lost(Exception):
    """Redis gave no answer that can be used."""

    def __init__(self, error: Exception) -> None:
        super().__init__(type(error).__name__)
        self.error = error


@dataclass
class Window:
    """One count, in this process. ``now`` is any clock in seconds that does not run back."""

    minute: int = 0
    this: int = 0
    last: int = 0

    def take(self, items: int, quota: int, now: float) -> float:
        """Count the items if they fit, and return 0; else the seconds until they would. Items below 0 are given back.

        There must be no more items than the quota.
        """
        minute = math.floor(now / WINDOW_S)
        if self.minute < minute:
            self.last = self.this if self.minute == minute - 1 else 0
            self.this = 0
        self.minute = minute
        share = 1 - (now / WINDOW_S - minute)
        if items <= 0 or self.last * share + self.this + items <= quota:
            self.this = max(0, self.this + items)
            return 0.0
        if self.this + items <= quota:
            return max(0.001, (share - (quota - items - self.this) / self.last) * WINDOW_S)
        return (share + 1 - (quota - items) / self.this) * WINDOW_S


@dataclass
class _Call:
    """What one request wants counted, and who waits for the answer."""

    family: str
    items: int
    quota: int
    answer: asyncio.Future[float]


class Quotas:
    """All counts of one service process. Raises BadInput for an address that can't be one."""

    def __init__(self, redis_url: str | None) -> None:
        self._redis = _connect(redis_url) if redis_url else None
        self._script: Any = self._redis.register_script(SCRIPT) if self._redis else None
        self._windows: dict[str, Window] = {}
        self._calls: list[_Call] = []
        self._sender: asyncio.Task[None] | None = None
        self._lost = False

    @property
    def degraded(self) -> str:
        """Why counts are this process's own; empty while they are shared."""
        if self._redis is None:
            return ALONE
        return LOST if self._lost else ""

    async def take(self, family: str, items: int, quota: int) -> float:
        """Count items if they fit, and return 0; else the seconds until they would."""
        window = self._windows.setdefault(family, Window())
        if self._redis is None or self._lost:
            return window.take(items, quota, time.monotonic())
        try:
            wait = await self._ask(family, items, quota)
        except _Lost as lost:  # whatever Redis does, scoring goes on
            self._lose(lost.error)
            return window.take(items, quota, time.monotonic())
        if wait == 0:
            window.take(items, quota=window.this + window.last + items, now=time.monotonic())
        return wait

    async def give_back(self, family: str, items: int) -> None:
        """Undo `take` for items that were then not judged."""
        await self.take(family, -items, 1)

    async def run(self, script: str, key: str, numbers: Sequence[int]) -> int | None:
        """What another count's script says; None while there is no server, and its owner counts by itself."""
        if self._redis is None or self._lost:
            return None
        try:
            async with asyncio.timeout(ANSWER_S):
                asked: Any = self._redis.eval(script, 1, key, *map(str, numbers))
                return int(await asked)
        except Exception as error:  # noqa: BLE001 - whatever Redis does, the service goes on
            self._lose(error)
            return None

    @contextlib.asynccontextmanager
    async def watched(self) -> AsyncGenerator[None]:
        """Look for the server at once, and again each second while it is away."""
        if self._redis is None:
            yield
            return
        await self._probe()
        watch = asyncio.create_task(self._watch())
        yield
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        with contextlib.suppress(Exception):
            await self._redis.aclose()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_RETRY_S)
            if self._lost:
                await self._probe()

    async def _probe(self) -> None:
        try:
            await self._ask("probe", 0, 1)
        except _Lost as lost:
            self._lose(lost.error)
            return
        if self._lost:
            self._lost = False
            _log.warning("quotas_shared_again")

    async def _ask(self, family: str, items: int, quota: int) -> float:
        call = _Call(family, items, quota, asyncio.get_running_loop().create_future())
        self._calls.append(call)
        if self._sender is None or self._sender.done():
            self._sender = asyncio.create_task(self._send())
        return await call.answer

    async def _send(self) -> None:
        """Send calls, all that wait at once, until none waits; one that fails takes those with it that wait."""
        while calls := self._calls[:_AT_ONCE]:
            del self._calls[:_AT_ONCE]
            try:
                waits = await self._run(calls)
            except Exception as error:  # noqa: BLE001 - theirs to judge
                calls += self._calls
                self._calls = []
                for call in calls:
                    if not call.answer.done():
                        call.answer.set_exception(_Lost(error))
                return
            for call, wait in zip(calls, waits, strict=True):
                if not call.answer.done():  # a client that has left does not wait
                    call.answer.set_result(wait)

    async def _run(self, calls: list[_Call]) -> list[float]:
        keys = [KEY + call.family for call in calls]
        numbers = [number for call in calls for number in (call.items, call.quota)]
        async with asyncio.timeout(ANSWER_S):
            answers = await self._script(keys=keys, args=[WINDOW_S, *numbers])
        if len(answers) != len(calls):
            raise ValueError
        return [min(2 * WINDOW_S, max(0, int(answer)) / 1000) for answer in answers]

    def _lose(self, error: Exception) -> None:
        if not self._lost:
            self._lost = True
            _log.error("quotas_not_shared", error=type(error).__name__, at=frames_of(error)[-2:])


def _connect(url: str) -> Redis:
    """A client that gives up fast; nothing is sent yet."""
    try:
        from redis.asyncio import Redis
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
    except ModuleNotFoundError:
        raise BadInput("the package redis is not installed", _SETTING, "Run: pip install 'redis>=5.2'") from None
    try:
        return Redis.from_url(
            url, socket_timeout=ANSWER_S, socket_connect_timeout=ANSWER_S, retry=Retry(NoBackoff(), 0)
        )
    except ValueError:  # its message may quote the password
        raise BadInput("this is no address of a Redis", _SETTING, "Write it as redis://host:port/0") from None

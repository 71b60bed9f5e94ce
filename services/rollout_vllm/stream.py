"""A replica's end of the fleet's stream: take, finish, hand back, keep a lease, take over from the dead.

Every call waits for a broker that is away, except where it says otherwise: nothing is lost by waiting.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as NoConnection
from redis.exceptions import ResponseError
from redis.exceptions import TimeoutError as NoAnswer

from cap_rlvr.clients.fleet import FIELD, FINISH, FORGET_CONSUMER, GROUP, HAND_BACK, FleetKeys, pack, unpack
from cap_rlvr.wire.errors import BadData
from cap_rlvr.wire.rollouts import ReplicaStatus, RolloutGroup, RolloutRequest

T = TypeVar("T")
log = structlog.get_logger()

BLOCK_MS = 500  # a take waits this long for work, so a stop is noticed as soon
_MAX_PAUSE_S = 2.0
_ERROR_TTL_S = 120.0  # an error is told, then forgotten, so that a mended fleet may answer the same request
_FORGET_REPLICA_S = 3600.0


@dataclass(frozen=True)
class Work:
    """One request as taken: its entry in the stream and how often it has been given out."""

    entry: bytes
    request: RolloutRequest
    deliveries: int = 1


class RequestStream:
    """``name`` is this replica as a consumer; its lease lives ``lease_s`` after each beat."""

    def __init__(self, url: str, fleet: str, name: str, lease_s: float, result_ttl_s: float) -> None:
        self.keys = FleetKeys(fleet)
        self.name = name
        self._lease_ms = int(lease_s * 1000)
        self._result_ttl_s = result_ttl_s
        # Blocking reads of 0.5 s within a time-out of 10 s; trying again is ours alone, so that it is never silent.
        self.redis: Any = Redis.from_url(
            url, socket_timeout=10, socket_connect_timeout=5, retry=Retry(NoBackoff(), 0), health_check_interval=15
        )
        self._finish = self.redis.register_script(FINISH)
        self._hand_back = self.redis.register_script(HAND_BACK)
        self._forget = self.redis.register_script(FORGET_CONSUMER)
        self.trouble_at = -1e9  # monotonic; when the broker was last away

    async def open(self) -> None:
        """Make the stream and its consumer group, where they are not there yet."""

        async def create() -> None:
            with suppress(ResponseError):  # BUSYGROUP: it is there
                await self.redis.xgroup_create(self.keys.requests, GROUP, id="0", mkstream=True)

        await self.steadily(create)

    async def take(self) -> Work | None:
        """The next request, or None after half a second without one."""

        async def read() -> Any:
            return await self.redis.xreadgroup(GROUP, self.name, {self.keys.requests: ">"}, count=1, block=BLOCK_MS)

        try:
            reply = await self.steadily(read)
        except ResponseError as error:
            if "NOGROUP" not in str(error):
                raise
            await self.open()
            return None
        for entry, fields in _entries(reply):
            return await self._opened(entry, fields, 1)
        return None

    async def finish(self, work: Work, group: RolloutGroup) -> bool:
        """Store the result unless there is one, then let the entry go. True where this one became the result."""
        ttl_s = _ERROR_TTL_S if group.error else self._result_ttl_s
        return await self._close(work.entry, work.request.request_id, work.request.run, pack(group), ttl_s)

    async def drop(self, work: Work) -> None:
        """Let an entry go without a result: nobody waits for it any more."""
        await self._close(work.entry, work.request.request_id, work.request.run, b"", 1.0)

    async def hand_back(self, work: Work, failed: bool) -> None:
        """Queue a request again for whoever is next; ``failed`` counts an attempt."""
        attempt = work.request.attempt + work.deliveries - 1 + int(failed)
        again = pack(work.request.model_copy(update={"attempt": attempt}))
        name = work.request.request_id
        args = [GROUP, work.entry, name, again]
        await self.steadily(lambda: self._hand_back(keys=self.keys.moved(name), args=args))

    async def has_result(self, request_id: str) -> bool:
        """Whether somebody has answered this request already."""
        return bool(await self.steadily(lambda: self.redis.exists(self.keys.result(request_id))))

    async def unfinished(self) -> int:
        """Groups of this fleet that are queued or in the making."""
        return int(await self.steadily(lambda: self.redis.xlen(self.keys.requests)))

    async def beat(self, status: ReplicaStatus) -> None:
        """Renew the lease. Does not wait for a broker that is away."""
        async with self.redis.pipeline(transaction=False) as pipe:
            pipe.set(self.keys.lease(self.name), pack(status), px=self._lease_ms)
            pipe.zadd(self.keys.replicas, {self.name: status.seen})
            pipe.zremrangebyscore(self.keys.replicas, 0, status.seen - _FORGET_REPLICA_S)
            await pipe.execute()

    async def living(self) -> set[str]:
        """Names of the replicas with a lease."""
        names = [name.decode() for name in await self.redis.zrange(self.keys.replicas, 0, -1)]
        if not names:
            return set()
        leases = await self.redis.mget([self.keys.lease(name) for name in names])
        return {name for name, lease in zip(names, leases, strict=True) if lease is not None}

    async def claim(self, in_hand: set[bytes], most: int) -> list[Work]:
        """Up to ``most`` requests that dead replicas held, or that were given to us in an answer that was lost.

        A consumer is dead when its lease has ended: a slow one that lives is left alone. After trouble with the
        broker one lease goes by first, in which the living renew theirs. Does not wait for a broker that is away.
        """
        if time.monotonic() - self.trouble_at < self._lease_ms / 1000:
            return []
        claimed: list[Work] = []
        living = await self.living()
        for consumer in await self.redis.xinfo_consumers(self.keys.requests, GROUP):
            name = consumer["name"].decode()
            ours = name == self.name
            if not ours and name in living:
                continue
            if consumer["pending"]:
                claimed += await self._claim_from(name, in_hand, most - len(claimed))
            elif not ours:
                await self._forget(keys=[self.keys.requests, self.keys.lease(name)], args=[GROUP, name])
        return claimed

    async def leave(self) -> None:
        """End the lease and, where nothing is pending, the consumer. Does not wait for a broker that is away."""
        await self.redis.delete(self.keys.lease(self.name))
        await self.redis.zrem(self.keys.replicas, self.name)
        await self._forget(keys=[self.keys.requests, self.keys.lease(self.name)], args=[GROUP, self.name])

    async def close(self) -> None:
        """Close the connections."""
        await self.redis.aclose()

    async def steadily(self, call: Callable[[], Awaitable[T]]) -> T:
        """Call again, ever more slowly, while the broker is away."""
        pause = 0.05
        while True:
            try:
                return await call()
            except (NoConnection, NoAnswer) as error:
                if pause == 0.05:
                    log.warning("the broker is away", error=type(error).__name__)
                self.trouble_at = time.monotonic()
                await asyncio.sleep(pause)
                pause = min(_MAX_PAUSE_S, pause * 2)

    async def _claim_from(self, consumer: str, in_hand: set[bytes], most: int) -> list[Work]:
        # Idle for long, so that an answer still on its way to us, or another replica's claim of now, is left alone.
        idle = self._lease_ms if consumer == self.name else self._lease_ms // 2
        pending = await self.redis.xpending_range(
            self.keys.requests, GROUP, min="-", max="+", count=1000, consumername=consumer, idle=idle
        )
        lost = [item for item in pending if item["message_id"] not in in_hand][: max(0, most)]
        if not lost:
            return []
        times = {item["message_id"]: int(item["times_delivered"]) for item in lost}
        reply = await self.redis.xclaim(self.keys.requests, GROUP, self.name, idle, list(times))
        log.warning("taking over", from_=consumer, groups=len(reply))
        works = [await self._opened(entry, fields, times[entry] + 1) for entry, fields in reply if fields]
        return [work for work in works if work is not None]

    async def _opened(self, entry: bytes, fields: dict[bytes, bytes], deliveries: int) -> Work | None:
        try:
            return Work(entry, unpack(RolloutRequest, fields.get(FIELD, b"")), deliveries)
        except BadData as error:
            log.warning("an entry that is no request was removed", entry=entry, error=str(error))
            await self._close(entry, "", "", b"", 1.0)
            return None

    async def _close(self, entry: bytes, request_id: str, run: str, body: bytes, ttl_s: float) -> bool:
        args = [GROUP, entry, request_id, body, int(ttl_s * 1000), self.keys.done(run)]
        return bool(await self.steadily(lambda: self._finish(keys=self.keys.moved(request_id), args=args)))


def _entries(reply: Any) -> list[tuple[bytes, dict[bytes, bytes]]]:
    """The entries in the reply to a read of one stream: `[[stream, [[entry, fields], …]]]`, or nothing."""
    return [(entry, fields) for _stream, entries in reply or () for entry, fields in entries]

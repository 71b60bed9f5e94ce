"""The worker of a replica: takes groups from the stream, has vLLM make them, and answers each exactly once.

Knows no trainer and no other replica: leases and the stream are all that they share. Imports no torch.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import structlog
from redis.exceptions import RedisError

from cap_rlvr.clients.policies import PolicyStore, channel, current_key
from cap_rlvr.wire.errors import BadData, CapError, Unavailable
from cap_rlvr.wire.policies import PolicyRef
from cap_rlvr.wire.rollouts import Completion, ReplicaState, ReplicaStatus, RolloutGroup
from services.rollout_vllm.engine import Engine, EngineLost, Load, Refused
from services.rollout_vllm.room import Room
from services.rollout_vllm.settings import Settings
from services.rollout_vllm.stream import RequestStream, Work
from services.rollout_vllm.window import PolicyWindow

log = structlog.get_logger()

MAX_ATTEMPTS = 3  # then a request is answered with an error: it may be what kills the engines
_BEATS_A_LEASE = 5
_SUSPECT_S = 0.5
_HAND_BACK_S = 4.0  # for a broker that may be away: what is not handed back is claimed when the lease has ended
_LEAVE_S = 2.0
_HOPELESS_STARTS = 4  # of vLLM in a row, without one request answered; more than the attempts of a deadly request


class Worker:
    """One replica's life: ``run`` returns after a drain, and raises Unavailable where vLLM can't be kept alive."""

    def __init__(
        self, settings: Settings, base_digest: str, stream: RequestStream, engine: Engine, cache: Path
    ) -> None:
        self._settings = settings
        self._stream = stream
        self._engine = engine
        self._room = Room(settings.max_sequences)
        store = PolicyStore(settings.policy_store)
        self._window = PolicyWindow(engine, store, cache, base_digest, settings.max_loras)
        self._fleet = stream.keys.fleet
        self._started = time.time()
        self._work: dict[bytes, asyncio.Task[None]] = {}
        self._up = asyncio.Event()  # vLLM generates
        self._stop = asyncio.Event()
        self._freed = asyncio.Event()  # a group is done: there may be room
        self._warm = False  # the announced policies were loaded since vLLM's last start
        self._restarts = 0
        self._groups = 0
        self._tokens_per_second = 0.0
        self._load = Load()
        self._jobs: set[asyncio.Task[None]] = set()  # held, for the event loop holds tasks only weakly

    def stop(self) -> None:
        """Begin the drain: take nothing more, finish or hand back, leave."""
        self._stop.set()
        self._freed.set()

    @property
    def state(self) -> ReplicaState:
        """Ready means: serves, under the policies announced when it came up."""
        if self._stop.is_set():
            return "draining"
        return "ready" if self._up.is_set() and self._warm else "starting"

    @property
    def alive(self) -> bool:
        """Whether the base model answers."""
        return self._up.is_set()

    @property
    def status(self) -> ReplicaStatus:
        """What the heartbeat says."""
        return ReplicaStatus(
            name=self._stream.name,
            fleet=self._fleet,
            state=self.state,
            policies=self._window.loaded,
            in_flight=len(self._work),
            kv_usage=self._load.kv_usage,
            tokens_per_second=round(self._tokens_per_second, 1),
            groups=self._groups,
            tokens=self._load.tokens,
            engine_restarts=self._restarts,
            started=self._started,
            seen=time.time(),
        )

    async def run(self) -> None:
        """Serve until `stop`."""
        await self._stream.open()
        loops = [self._beat(), self._take(), self._take_over(), self._listen(), self._keep_engine()]
        tasks = [asyncio.create_task(loop) for loop in loops]
        stopped = asyncio.create_task(self._stopped())
        try:
            done, _ = await asyncio.wait([*tasks, stopped], return_when=asyncio.FIRST_COMPLETED)
            self.stop()
            await self._drain(tasks[1])
        finally:
            for task in [*tasks, stopped]:
                task.cancel()
            await asyncio.gather(*tasks, stopped, return_exceptions=True)
            await self._engine.stop()
        for task in done - {stopped}:
            task.result()  # raises what ended it

    async def _stopped(self) -> None:
        await self._stop.wait()

    async def _drain(self, taking: asyncio.Task[None]) -> None:
        await asyncio.wait([taking], timeout=2)  # a read under way may still bring one request
        log.info("draining", in_flight=len(self._work))
        if self._work and self._up.is_set():
            await asyncio.wait(list(self._work.values()), timeout=self._settings.drain_s)
        for task in self._work.values():
            task.cancel()  # each hands its request back
        if self._work:
            await asyncio.wait(list(self._work.values()), timeout=_HAND_BACK_S)
        try:
            await asyncio.wait_for(self._stream.leave(), _LEAVE_S)
        except (RedisError, TimeoutError):
            log.warning("left without saying so: the lease will end by itself")

    async def _take(self) -> None:
        while not self._stop.is_set():
            if not self._up.is_set() or not self._room.free(len(self._work), await self._stream.unfinished()):
                self._freed.clear()
                await _either(self._freed.wait(), 0.5)
                continue
            work = await self._stream.take()
            if work is not None and self._up.is_set():
                self._begin(work)
            elif work is not None:  # vLLM was lost while we were reading
                await self._stream.hand_back(work, failed=False)

    def _begin(self, work: Work) -> None:
        if work.entry in self._work:
            return
        self._room.enter(work.request.n)
        task = asyncio.create_task(self._serve(work))
        self._work[work.entry] = task

        def ended(_: asyncio.Task[None]) -> None:
            self._room.leave(work.request.n)
            del self._work[work.entry]
            self._freed.set()

        task.add_done_callback(ended)

    async def _serve(self, work: Work) -> None:
        """Answer, hand back or drop one request; never lose it."""
        try:
            group = await self._answer(work)
        except asyncio.CancelledError:
            await self._stream.hand_back(work, failed=False)
            return
        except EngineLost as error:
            log.warning("handing back", request=work.request.request_id[:12], error=str(error))
            self._suspect()
            await self._stream.hand_back(work, failed=True)
            return
        if group is None:
            await self._stream.drop(work)
        elif await self._stream.finish(work, group):
            self._groups += 1

    async def _answer(self, work: Work) -> RolloutGroup | None:
        """The group, or one that carries an error; None where nobody waits for it. Raises EngineLost."""
        request = work.request
        started = time.time()
        if started > request.deadline or await self._stream.has_result(request.request_id):
            return None
        if request.attempt + work.deliveries > MAX_ATTEMPTS:
            return self._group(work, started, (), f"given up after {MAX_ATTEMPTS} attempts")
        try:
            async with self._window.hold(request.policy) as model:
                return self._group(work, started, await self._engine.generate(model, request))
        except (Refused, BadData, Unavailable) as error:
            log.warning("can't serve", request=request.request_id[:12], error=str(error))
            return self._group(work, started, (), str(error))
        except TimeoutError:
            return None

    def _group(
        self, work: Work, started: float, completions: tuple[Completion, ...], error: str | None = None
    ) -> RolloutGroup:
        return RolloutGroup(
            request_id=work.request.request_id,
            policy=work.request.policy,
            worker=self._stream.name,
            completions=completions,
            started=started,
            finished=time.time(),
            error=error,
        )

    def _suspect(self) -> None:
        """Take nothing until vLLM is seen to answer: a dying one would burn a request's attempts within a second."""
        if self._up.is_set():
            self._up.clear()
            self._background(self._trust_again(self._restarts))

    async def _trust_again(self, restarts: int) -> None:
        while self._restarts == restarts and not self._stop.is_set():
            await asyncio.sleep(_SUSPECT_S)
            if await self._engine.healthy() and self._restarts == restarts:
                self._up.set()
                return

    async def _keep_engine(self) -> None:
        """Start vLLM, and start it again whenever it dies. Raises Unavailable after hopeless starts."""
        hopeless = 0
        while not self._stop.is_set():
            served = self._groups
            try:
                await self._engine.start()
                self._window.clear()
                self._up.set()
                log.info("vLLM is up", replica=self._stream.name, seconds=round(time.time() - self._started, 1))
                self._background(self._load_announced())
                await self._engine.ended()
                log.error("vLLM died")
            except EngineLost as error:
                log.warning("vLLM did not start", error=str(error))
            self._up.clear()
            self._warm = False
            self._restarts += 1
            hopeless = 0 if self._groups > served else hopeless + 1
            if hopeless >= _HOPELESS_STARTS:
                raise Unavailable(f"vLLM ended {hopeless} times in a row", "vLLM", "Its own words are in the log above")
            await asyncio.sleep(min(5.0, hopeless * 1.0))

    async def _beat(self) -> None:
        """Renew the lease and read the engine's figures; both bound what is taken."""
        pause = self._settings.lease_s / _BEATS_A_LEASE
        before, at = 0, time.monotonic()
        while True:
            if self._up.is_set():
                self._load = await self._engine.measure()
                now = time.monotonic()
                self._tokens_per_second = max(0, self._load.tokens - before) / max(1e-3, now - at)
                before, at = self._load.tokens, now
            try:
                await self._stream.beat(self.status)
                self._room.adapt(self._load.kv_usage, len(await self._stream.living()))
            except RedisError:
                self._stream.trouble_at = time.monotonic()
            await asyncio.sleep(pause)

    async def _take_over(self) -> None:
        """Look after the work of replicas that died."""
        while True:
            await asyncio.sleep(self._settings.lease_s / 3)
            if not self._up.is_set() or self._stop.is_set():
                continue
            try:
                room = self._room.groups_free(len(self._work), await self._stream.unfinished())
                for work in await self._stream.claim(set(self._work), room):
                    self._begin(work)
            except RedisError as error:
                self._stream.trouble_at = time.monotonic()
                log.warning("could not look for lost work", error=type(error).__name__)

    async def _listen(self) -> None:
        """Load a policy when it is announced, before the first request for it."""
        while True:
            try:
                async with self._stream.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await pubsub.psubscribe(channel("*"))
                    while True:
                        message = await pubsub.get_message(timeout=5)
                        if message is not None and self._up.is_set():
                            self._background(self._preload(message["data"]))
            except RedisError:
                await asyncio.sleep(1)

    async def _load_announced(self) -> None:
        """After a start: the policies that were announced while we were away, then say that we are ready."""
        try:
            keys = [key async for key in self._stream.redis.scan_iter(current_key("*"))]
            for key in keys:
                data = await self._stream.redis.get(key)
                if data is not None:
                    await self._preload(data)
        except RedisError as error:
            log.warning("could not ask for the current policies", error=type(error).__name__)
        self._warm = self._up.is_set()

    async def _preload(self, data: bytes) -> None:
        """Load ahead of need; whatever is wrong will be told by the first request."""
        try:
            ref = PolicyRef.model_validate_json(data)
            if await self._window.is_ours(ref):
                async with self._window.hold(ref):
                    pass
        except (ValueError, CapError) as error:
            log.warning("could not load an announced policy", error=str(error))

    def _background(self, job: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(job)
        self._jobs.add(task)
        task.add_done_callback(self._jobs.discard)


async def _either(waiting: Coroutine[Any, Any, Any], timeout_s: float) -> None:
    try:
        await asyncio.wait_for(waiting, timeout_s)
    except TimeoutError:
        return

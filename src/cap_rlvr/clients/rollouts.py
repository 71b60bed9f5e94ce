"""The trainer's end of the rollout fleet: ask for groups of completions, and wait for them visibly.

Needs no knob for the fleet's size: replicas join, leave and die behind the queue. All that it does may be done twice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from cap_rlvr.clients.fleet import SUBMIT, FleetKeys, base_digest, fleet_id, pack, unpack
from cap_rlvr.wire.errors import Unavailable
from cap_rlvr.wire.rollouts import ReplicaStatus, RolloutGroup, RolloutRequest

if TYPE_CHECKING:
    from redis import Redis

__all__ = ["OnWait", "RolloutClient", "base_digest", "fleet_id"]

OnWait = Callable[[str], None]
T = TypeVar("T")

_CHECK_S = 5.0  # how often a wait looks at everything again, and says what it waits for
_MAX_PAUSE_S = 2.0  # between attempts to reach the broker


class RolloutClient:
    """Submits requests of one trainer to one fleet and collects the groups. Not for use by several threads at once.

    ``max_in_flight`` bounds this client's unfinished groups in the queue (the rest waits here and follows during
    `collect`), so that one run's long evaluation can't starve another's training. ``patience_s`` is how long calls
    other than `collect` wait for a broker that is away.
    """

    def __init__(self, redis: Redis, fleet: str, max_in_flight: int = 512, patience_s: float = 60.0) -> None:
        self.fleet = fleet
        self._redis: Any = redis
        self._keys = FleetKeys(fleet)
        self._submit = self._redis.register_script(SUBMIT)
        self._max_in_flight = max_in_flight
        self._patience_s = patience_s
        self._held: dict[str, RolloutRequest] = {}  # asked for and not yet collected
        self._sent: set[str] = set()

    def submit(self, requests: Sequence[RolloutRequest], on_wait: OnWait | None = None) -> None:
        """Ask for groups and return at once. Asking again for what is queued, under way or done changes nothing.

        Raises Unavailable where the broker stays away for ``patience_s``.
        """
        self._held.update((request.request_id, request) for request in requests)
        self._patiently(self._feed, time.monotonic() + self._patience_s, on_wait)

    def collect(self, ids: Iterable[str], timeout_s: float, on_wait: OnWait | None = None) -> dict[str, RolloutGroup]:
        """Wait for the groups of these request ids, in the order of ``ids``. A group may carry an ``error``.

        ``on_wait`` is told in a sentence, every few seconds, what is being waited for. A request that the broker
        lost is submitted again. Raises Unavailable after ``timeout_s``; what has come is still there for a next call.
        """
        wanted = list(dict.fromkeys(ids))
        found: dict[str, RolloutGroup] = {}
        until = time.monotonic() + timeout_s
        with _Listener(self._redis) as listener:
            while len(found) < len(wanted):
                missing = [name for name in wanted if name not in found]
                if time.monotonic() >= until:
                    raise self._late(len(missing), len(wanted), timeout_s)
                self._patiently(lambda: self._round(listener, missing, found, until), until, on_wait)  # noqa: B023
                if on_wait is not None and len(found) < len(wanted) and listener.silent:
                    on_wait(self._patiently(lambda: self._waiting_for(wanted, found), until, on_wait))
        return {name: found[name] for name in wanted}

    def forget(self, ids: Iterable[str]) -> None:
        """Let go of groups that are not wanted any more (too old), and of their results."""
        gone = list(ids)
        for name in gone:
            self._held.pop(name, None)
            self._sent.discard(name)
        if gone:
            keys = [self._keys.result(name) for name in gone]
            self._patiently(lambda: self._redis.unlink(*keys), time.monotonic() + self._patience_s, None)

    def replicas(self) -> list[ReplicaStatus]:
        """The replicas with a living lease, by name."""
        return self._patiently(self._replicas, time.monotonic() + self._patience_s, None)

    def queue_length(self) -> int:
        """How many groups of this fleet are unfinished: queued or being generated."""
        length = self._patiently(
            lambda: self._redis.xlen(self._keys.requests), time.monotonic() + self._patience_s, None
        )
        return int(length)

    def _round(self, listener: _Listener, missing: list[str], found: dict[str, RolloutGroup], until: float) -> None:
        """Look at everything once, then take what is told until it is time to look again."""
        runs = {self._held[name].run for name in missing if name in self._held}
        listener.listen(sorted(self._keys.done(run) for run in runs))
        look_again = min(until, time.monotonic() + _CHECK_S)
        self._fetch(missing, found)
        self._feed(again=[name for name in missing if name not in found])
        listener.silent = False
        while any(name not in found for name in missing):
            left = look_again - time.monotonic()
            if left <= 0:
                listener.silent = True
                return
            told = listener.told(left) & (set(missing) - found.keys())
            if told:
                self._fetch(sorted(told), found)
                self._feed()

    def _fetch(self, ids: Sequence[str], found: dict[str, RolloutGroup]) -> None:
        for name, data in zip(ids, self._redis.mget([self._keys.result(name) for name in ids]), strict=True):
            if data is None:
                continue
            found[name] = unpack(RolloutGroup, data)
            self._held.pop(name, None)
            self._sent.discard(name)

    def _feed(self, again: Iterable[str] = ()) -> None:
        """Queue what there is room for, and what was sent and may have been lost: the script knows whether it was."""
        room = max(0, self._max_in_flight - len(self._sent))
        fresh = [name for name in self._held if name not in self._sent][:room]
        now = time.time()
        lost = [name for name in again if name in self._sent and self._held[name].deadline > now]
        names = fresh + lost
        if not names:
            return
        with self._redis.pipeline(transaction=False) as pipe:
            for name in names:
                self._submit(keys=self._keys.moved(name), args=[name, pack(self._held[name])], client=pipe)
            pipe.execute()
        self._sent.update(names)

    def _waiting_for(self, wanted: list[str], found: dict[str, RolloutGroup]) -> str:
        replicas = self._replicas()
        ready = sum(replica.state == "ready" for replica in replicas)
        who = f"{ready} of {len(replicas)} replicas ready" if replicas else "no replica is alive"
        queued = self._redis.xlen(self._keys.requests)
        return (
            f"waiting for {len(wanted) - len(found)} of {len(wanted)} groups: {who}, {queued} unfinished in the queue"
        )

    def _late(self, missing: int, wanted: int, timeout_s: float) -> Unavailable:
        what = f"{missing} of {wanted} groups did not come within {timeout_s:.0f} s"
        return Unavailable(what, f"rollout fleet {self.fleet}", "Look at `cap-rlvr rollouts status`")

    def _replicas(self) -> list[ReplicaStatus]:
        names = sorted(name.decode() for name in self._redis.zrange(self._keys.replicas, 0, -1))
        leases: list[bytes | None] = self._redis.mget([self._keys.lease(name) for name in names]) if names else []
        return [unpack(ReplicaStatus, lease) for lease in leases if lease is not None]

    def _patiently(self, call: Callable[[], T], until: float, on_wait: OnWait | None) -> T:
        """Call again, ever more slowly, while the broker is away; say so every few seconds."""
        from redis.exceptions import ConnectionError as NoConnection
        from redis.exceptions import TimeoutError as NoAnswer

        pause = 0.1
        said = 0.0
        while True:
            try:
                return call()
            except (NoConnection, NoAnswer) as error:
                now = time.monotonic()
                if now + pause > until:
                    hint = "Is it running? Nothing is lost: it keeps its queue in an append-only file"
                    raise Unavailable(f"the broker is away ({type(error).__name__})", "Redis", hint) from None
                if on_wait is not None and now - said >= _CHECK_S:
                    on_wait(f"the broker is away ({type(error).__name__}): trying again")
                    said = now
                time.sleep(pause)
                pause = min(_MAX_PAUSE_S, pause * 2)


class _Listener:
    """Hears which groups are done. What it misses while disconnected is found by the regular look at everything."""

    def __init__(self, redis: Any) -> None:
        self._pubsub = redis.pubsub(ignore_subscribe_messages=True)
        self._channels: list[str] = []
        self.silent = False

    def __enter__(self) -> _Listener:
        return self

    def __exit__(self, *_: object) -> None:
        self._pubsub.close()

    def listen(self, channels: list[str]) -> None:
        """Subscribe, unless that is so already."""
        if channels and channels != self._channels:
            self._pubsub.subscribe(*channels)
            self._channels = channels

    def told(self, timeout_s: float) -> set[str]:
        """Wait for news; then all request ids that are told by now."""
        if not self._channels:
            time.sleep(min(timeout_s, 0.25))
            return set()
        ids: set[str] = set()
        message = self._pubsub.get_message(timeout=timeout_s)
        while message is not None:
            ids.add(bytes(message["data"]).decode())
            message = self._pubsub.get_message(timeout=0)
        return ids

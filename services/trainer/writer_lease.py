"""One writer a run: whoever holds the lease `run:{id}:writer` may publish, submit and save; nobody else.

Every holder gets a number greater than all before it (the fencing token). A holder that slept too long, or whose lease
was taken over, finds out before it writes.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from redis.exceptions import RedisError, WatchError

from cap_rlvr.wire.errors import Unavailable

if TYPE_CHECKING:
    from redis import Redis

TTL_S = 20.0  # how long a dead trainer keeps its successor waiting
_MARGIN_S = 2.0  # a holder stops believing in its lease this long before Redis forgets it


class LostLease(Unavailable):
    """Another process writes this run now, or Redis was away for longer than the lease."""


class WriterLease:
    """The lease of one run, renewed by a thread while it is held. A context manager."""

    def __init__(self, redis: Redis, run: str, ttl_s: float = TTL_S) -> None:
        self._redis = redis
        self._run = run
        self._ttl_s = ttl_s
        self._key = f"run:{run}:writer"
        self._fence = f"run:{run}:fence"
        self._token = 0
        self._owner = ""
        self._renewed = 0.0
        self._lost = ""
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def token(self) -> int:
        """The fencing token, greater than every earlier holder's; 0 before `acquire`."""
        return self._token

    def acquire(self, wait_s: float = TTL_S + 5, on_wait: Callable[[str], None] = lambda _: None) -> WriterLease:
        """Take the lease, waiting for a dead holder's to run out. Raises Unavailable where a live one keeps it."""
        deadline = time.monotonic() + wait_s
        self._token = int(self._redis.incr(self._fence))
        self._owner = f"{self._token}:{socket.gethostname()}:{os.getpid()}"
        told = False
        while not self._redis.set(self._key, self._owner, nx=True, px=int(self._ttl_s * 1000)):
            if time.monotonic() > deadline:
                holder = cast(bytes, self._redis.get(self._key) or b"?").decode()
                raise Unavailable(
                    f"another trainer ({holder}) writes this run", self._key, "Stop it, or choose another run id"
                )
            if not told:
                on_wait("waiting for the lease of the run's last writer to end")
                told = True
            time.sleep(min(0.5, self._ttl_s / 10))
        self._renewed = time.monotonic()
        self._thread = threading.Thread(target=self._keep, name="writer-lease", daemon=True)
        self._thread.start()
        return self

    def check(self) -> None:
        """Raise LostLease unless this process is certainly the one writer."""
        age = time.monotonic() - self._renewed
        if not self._lost and age > self._ttl_s - _MARGIN_S * (self._ttl_s / TTL_S):
            self._renew()
            age = time.monotonic() - self._renewed
            if age > self._ttl_s:
                self._lost = f"Redis has not renewed the lease for {age:.0f} s"
        if self._lost:
            raise LostLease(self._lost, self._key, "Resume the run; its files are as the last checkpoint left them")

    def release(self) -> None:
        """Give the lease back if it is still this process's."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=2)
        try:
            self._if_mine("delete", self._key)
        except RedisError:
            return  # it ends by itself

    def __enter__(self) -> WriterLease:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _keep(self) -> None:
        while not self._stop.wait(self._ttl_s / 4):
            self._renew()

    def _renew(self) -> None:
        """Extend the lease. A Redis that came back without it gives it again, unless someone took a newer token."""
        at = time.monotonic()
        try:
            if self._if_mine("pexpire", self._key, int(self._ttl_s * 1000)):
                self._renewed = at
                return
            if int(cast(bytes, self._redis.get(self._fence) or b"0")) <= self._token:
                if self._redis.set(self._key, self._owner, nx=True, px=int(self._ttl_s * 1000)):
                    self._renewed = at
                return
            self._lost = "another trainer has taken over this run"
        except RedisError:
            return  # `check` judges by the time since the last renewal

    def _if_mine(self, command: str, *arguments: Any) -> bool:
        """Send one command if the key holds our owner string, atomically (WATCH)."""
        with cast(Any, self._redis).pipeline() as pipe:
            try:
                pipe.watch(self._key)
                if pipe.get(self._key) != self._owner.encode():
                    return False
                pipe.multi()
                getattr(pipe, command)(*arguments)
                pipe.execute()
                return True
            except WatchError:
                return False

"""Starts the services as children, starts again those that die, and ends all of them with us.

A child that is killed comes back with the same settings (its own leases and queues make that safe); one that keeps
dying is given up with a sentence that names its log. Children are sessions of their own, so that Ctrl-C reaches
only us and they end in our order; the kernel ends them should we be killed.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cap_rlvr.clients.children import dies_with_parent
from cap_rlvr.wire.errors import CapError, Unavailable

if TYPE_CHECKING:
    from psutil import Process

MAX_RESTARTS = 5  # within RESTART_WINDOW; more is a fault that starting again does not cure
RESTART_WINDOW = 300.0  # seconds
WATCH_EVERY = 0.2  # seconds
TAIL_LINES = 15
_LAST_WAIT = 30.0  # seconds for killed processes to be gone


@dataclass
class Child:
    """One supervised process. ``grace`` is how many seconds it has to end after SIGTERM."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    grace: float
    process: subprocess.Popen[bytes]
    starts: list[float] = field(default_factory=list[float])
    given_up: bool = False


class Supervisor:
    """Children by name. Use as a context manager: leaving it ends them all, the last started first.

    ``on_event(kind, text)`` hears of every start, death and restart; ``also()`` is called at every look, to keep
    alive what is not a child of ours.
    """

    def __init__(
        self, logs: Path, on_event: Callable[[str, str], None], also: Callable[[], None] | None = None
    ) -> None:
        self._logs = logs
        self._also = also
        self._on_event = on_event
        self._children: dict[str, Child] = {}
        self._lock = threading.RLock()
        self._stopping = False
        self._fault = ""
        self._ended = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)

    def __enter__(self) -> Supervisor:
        self._logs.mkdir(parents=True, exist_ok=True)
        self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._stopping = True
        for name in reversed(list(self._children)):
            self.stop(name)
        self._ended.set()  # last: the kernel ends what the watching thread started as soon as that thread is gone
        self._watcher.join()

    def start(self, name: str, module: str, env: Mapping[str, str], grace: float = 20.0) -> None:
        """Run `python -m module` with ``env`` over our own environment; its output goes to `<logs>/<name>.log`."""
        command = [sys.executable, "-m", module]
        log = self._logs / f"{name}.log"
        with self._lock:
            child = Child(name, command, env, log, grace, _spawn(command, env, log), [time.monotonic()])
            self._children[name] = child
        self._on_event("started", f"{name} (process {child.process.pid})")

    def stop(self, name: str) -> None:
        """End a child: SIGTERM, its grace, then SIGKILL to all that it has started; returns when none of it is left."""
        with self._lock:
            child = self._children.pop(name, None)
        if child is None:
            return
        family = _descendants(child.process.pid)
        child.process.terminate()
        try:
            child.process.wait(child.grace)
        except subprocess.TimeoutExpired:
            self._on_event("killed", f"{name} did not end within {child.grace:.0f} s")
        _kill_session(child.process.pid)
        child.process.wait()
        _await_end(family)
        self._on_event("stopped", name)

    def pid(self, name: str) -> int | None:
        """The process id of a child that is running now."""
        with self._lock:
            child = self._children.get(name)
        return child.process.pid if child and child.process.poll() is None else None

    def wait_until(self, name: str, ready: Callable[[], bool], timeout: float) -> None:
        """Wait for ``ready()``. Raises Unavailable with the end of the child's log if it is given up, or too slow."""
        end = time.monotonic() + timeout
        while not ready():
            child = self._children[name]
            if child.given_up or time.monotonic() > end:
                why = "keeps ending" if child.given_up else f"is not ready after {timeout:.0f} s"
                raise Unavailable(f"{name} {why}; its last lines:\n{tail(child.log)}", str(child.log))
            time.sleep(WATCH_EVERY)

    def check(self) -> None:
        """Raises Unavailable if any child was given up, or none is watched any more."""
        if self._fault:
            raise Unavailable(f"the services can't be watched any more: {self._fault}")
        for child in list(self._children.values()):
            if child.given_up:
                raise Unavailable(f"{child.name} keeps ending; its last lines:\n{tail(child.log)}", str(child.log))

    def _watch(self) -> None:
        while not self._ended.wait(WATCH_EVERY):
            with self._lock:
                if self._stopping:
                    continue
                try:
                    self._look()
                except (CapError, OSError) as error:  # the broker or a child can't be started again
                    self._fault = str(error)

    def _look(self) -> None:
        if self._also is not None:
            self._also()
        for child in self._children.values():
            if child.process.poll() is not None and not child.given_up:
                self._restart(child)

    def _restart(self, child: Child) -> None:
        code = child.process.returncode
        how = f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"
        _kill_session(child.process.pid)
        recent = [began for began in child.starts if time.monotonic() - began < RESTART_WINDOW]
        if len(recent) > MAX_RESTARTS:
            child.given_up = True
            self._on_event("given up", f"{child.name} ended {len(recent)} times, last by {how}")
            return
        child.process = _spawn(child.command, child.env, child.log)
        child.starts = [*recent, time.monotonic()]
        self._on_event("restarted", f"{child.name} ended by {how}; now process {child.process.pid}")


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log, for an error message."""
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else "(no log)"


def _spawn(command: Sequence[str], env: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509  (only a prctl call runs in the child)
        )


def _descendants(process: int) -> list[Process]:
    """What a process has started, and what that has: some of it in sessions of its own."""
    import psutil

    try:
        return psutil.Process(process).children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _await_end(family: Sequence[Process]) -> None:
    """Kill what is left of a family and wait until it is gone: a large process takes a while to give its memory back."""
    import psutil

    for member in family:
        with suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(family, timeout=_LAST_WAIT)


def _kill_session(leader: int) -> None:
    """What a child left in its session goes with it."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return

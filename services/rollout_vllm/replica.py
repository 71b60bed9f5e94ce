"""Puts a replica together: checks what it needs, then runs the worker until it is told to stop."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
import sys
import tempfile
from pathlib import Path

import structlog

from cap_rlvr.clients.broker import connect
from cap_rlvr.clients.fleet import base_digest, fleet_id
from cap_rlvr.wire.errors import BadInput
from services.rollout_vllm.engine import Engine
from services.rollout_vllm.settings import Settings
from services.rollout_vllm.stream import RequestStream
from services.rollout_vllm.worker import Worker


def run(settings: Settings) -> None:
    """Run one replica.

    Raises BadInput for a model or store that can't be used, Unavailable where the broker or vLLM stays away.
    """
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    _check_store(settings.policy_store)
    connect(settings.redis_url).close()
    with tempfile.TemporaryDirectory(prefix="rollout-") as temporary:
        asyncio.run(_serve(settings, Path(settings.cache or temporary)))


async def _serve(settings: Settings, cache: Path) -> None:
    digest = await asyncio.to_thread(base_digest, settings.model)
    name = settings.name or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(2)}"
    stream = RequestStream(settings.redis_url, fleet_id(digest), name, settings.lease_s, settings.result_ttl_s)
    worker = Worker(settings, digest, stream, Engine(settings), cache)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
    probes = None
    if settings.probe_port:
        from services.rollout_vllm.probe import serve

        probes = await serve(worker, settings.probe_host, settings.probe_port)
    structlog.get_logger().info("replica", name=name, fleet=stream.keys.fleet, model=str(settings.model))
    try:
        await worker.run()
    finally:
        if probes is not None:
            await probes.cleanup()
        await stream.close()


def _check_store(store: str) -> None:
    """A store in a folder may come later, but never where a file is."""
    if "://" not in store and Path(store).exists() and not Path(store).is_dir():
        raise BadInput(f"{store} is not a folder", "ROLLOUT_POLICY_STORE", "Give a folder or an fsspec URL")

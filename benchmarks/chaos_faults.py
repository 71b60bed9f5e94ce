"""The faults: each disturbs the service for a while, beside a steady load, and says which of its own promises broke."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import socket
import struct
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from chaos_load import Client, Item, Line, Source

_MEGABYTE = 1024 * 1024
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset


class World(Protocol):
    """What a fault finds: the service with its limits, its Valkey, clients and items. ``full`` is the long form."""

    full: bool
    limits: dict[str, float]
    client: Client
    source: Source

    @property
    def port(self) -> int: ...
    def scoring_processes(self) -> list[int]: ...
    def nursery(self) -> int: ...
    async def degraded(self) -> dict[str, str]: ...
    def kill_valkey(self) -> None: ...
    def restart_valkey(self) -> None: ...
    def valkey(self) -> int: ...


async def calm(world: World) -> None:
    """Nothing."""
    await asyncio.sleep(15 if world.full else 4)


async def large_bodies(world: World) -> None:
    """Bodies of 10 MB, with their length and in chunks: refused with a problem. Of 7 MB: scored, or 503 with one."""
    head = world.client.request([]).partition(b"content-length")[0]
    ten = b"x" * (10 * _MEGABYTE)
    declared = head + b"content-length: %d\r\n\r\n" % len(ten) + ten
    chunked = head + b"transfer-encoding: chunked\r\n\r\n%x\r\n" % len(ten) + ten + b"\r\n0\r\n\r\n"

    async def too_large(request: bytes) -> None:
        line = Line(world.port)
        try:
            answer = await line.ask(request)
            if (answer.status, answer.problem) not in ((413, "body_too_large"), (503, "overloaded")):
                world.client.counts.faults.append(f"10 MB: {answer.status} {answer.problem}")
        except (OSError, EOFError, TimeoutError) as error:
            world.client.counts.faults.append(f"10 MB: {type(error).__name__}")
        line.close()

    async def large() -> None:
        item = world.source.batch(1)[0]
        await world.client.score(line := Line(world.port), [{**item, "completion": "x" * (7 * _MEGABYTE)}])
        line.close()

    many = 32 if world.full else 8
    await asyncio.gather(*(too_large(request) for request in (declared, chunked) for _ in range(many)))
    await asyncio.gather(*(large() for _ in range(many)))


async def slow_clients(world: World) -> None:
    """Slow heads, slow bodies, silence, answers that nobody reads: each is ended by the service."""
    head = b"POST /reward HTTP/1.1\r\nhost: x\r\n"
    body = world.client.request([]).partition(b"content-length")[0] + b"content-length: 5000\r\n\r\n"
    tasks = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n"
    kinds: tuple[tuple[str, bytes, bytes, float], ...] = (
        ("slow head", head, b"x", world.limits["head"]),
        ("slow body", body, b" ", world.limits["read"]),
        ("silent", b"", b"", world.limits["head"]),
        ("unread answer", tasks * 400, b"", world.limits["answer"]),
    )

    async def one(name: str, first: bytes, more: bytes, limit: float) -> None:
        loop = asyncio.get_running_loop()
        slack = 10.0
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.setblocking(False)
            try:
                async with asyncio.timeout(limit + slack):
                    await loop.sock_connect(connection, ("127.0.0.1", world.port))
                    await loop.sock_sendall(connection, first)
                    while True:
                        await asyncio.sleep(0.5)
                        if name == "unread answer":
                            await loop.sock_sendall(connection, tasks)
                        elif _closed(connection):
                            return
                        elif more:
                            await loop.sock_sendall(connection, more)
            except TimeoutError:
                world.client.counts.faults.append(f"{name}: still open after {limit + slack:g} s")
            except OSError:
                return

    many = 250 if world.full else 60
    await asyncio.gather(*(one(*kind) for kind in kinds for _ in range(many)))


def _closed(connection: socket.socket) -> bool:
    try:
        while connection.recv(65536):
            pass
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


async def many_connections(world: World) -> None:
    """1,000 connections at once, each with two requests: every item is scored."""
    gate = asyncio.Barrier(1000)

    async def one() -> None:
        line = Line(world.port)
        with suppress(OSError):
            await line.open()
        await gate.wait()
        for _ in range(2):
            answer = await world.client.score(line, world.source.batch(2))
            if answer is None or answer.status != 200:
                world.client.counts.faults.append(f"one of 1,000: {answer and (answer.status, answer.problem)}")
        await gate.wait()
        line.close()

    await asyncio.gather(*(one() for _ in range(1000)))
    del world.client.counts.faults[5:]


async def disconnects(world: World) -> None:
    """Clients that leave: in the head, in the body, before, in and after the answer; with a reset or without."""
    chance = random.Random(11)

    async def one() -> None:
        items: list[Item] = [*world.source.batch(8, new=1.0), world.source.hostile("nap 0.05")]
        request = world.client.request(items)
        cut = chance.choice((chance.randrange(200), chance.randrange(len(request)), len(request), len(request)))
        wait, reset = chance.random() * 0.2, chance.random() < 0.5
        reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
        world.client.counts.sent += len(items)
        world.client.counts.left += len(items)
        writer.write(request[:cut])
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(wait):
                await reader.read(chance.randrange(1, 500))
        if reset:
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.transport.abort()

    for _ in range(60 if world.full else 12):
        await asyncio.gather(*(one() for _ in range(25)))


async def killed_processes(world: World) -> None:
    """`kill -9` of scoring processes in the middle of their work, and of the one that they are forked from."""
    chance = random.Random(13)
    ended = asyncio.Event()

    async def work() -> None:
        line = Line(world.port)
        while not ended.is_set():
            await world.client.score(
                line, [*world.source.batch(6), *(world.source.hostile("nap 0.05") for _ in range(2))]
            )
        line.close()

    workers = [asyncio.create_task(work()) for _ in range(4)]
    for number in range(40 if world.full else 12):
        await asyncio.sleep(0.5)
        found = world.scoring_processes()
        victim = world.nursery() if number % 5 == 4 else chance.choice(found) if found else 0
        if victim:
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
    ended.set()
    await asyncio.gather(*workers)


async def redis_lost(world: World) -> None:
    """Valkey killed and back, then standing still and back: scoring goes on and says what is degraded."""
    for disturb, mend in (
        (world.kill_valkey, world.restart_valkey),
        (lambda: os.kill(world.valkey(), signal.SIGSTOP), lambda: os.kill(world.valkey(), signal.SIGCONT)),
    ):
        disturb()
        try:
            await _reached(world, "Redis lost, not reported", lambda told: "quotas" in told)
            await asyncio.sleep(10 if world.full else 2)
        finally:
            mend()
        await _reached(world, "Redis back, not noticed", lambda told: "quotas" not in told)


async def _reached(world: World, what: str, wanted: Callable[[dict[str, str]], bool]) -> None:
    for _ in range(150):
        if wanted(await world.degraded()):
            return
        await asyncio.sleep(0.1)
    world.client.counts.faults.append(what)


async def hostile_items(world: World) -> None:
    """Scorers that burn, die, stall and fail beside good items; deep truths, lone surrogates, texts of a megabyte."""
    line = Line(world.port)
    texts = ("\\ud800" * 9, "x" * _MEGABYTE, "(" * 30_000, "<think>" * 20_000, "﷽" * 9_000)
    for number in range(6 if world.full else 2):
        items = world.source.batch(16)
        items += [world.source.hostile(command) for command in ("burn", "die", "bug", "nap 0.01")]
        items += [{**item, "completion": text} for item, text in zip(world.source.batch(5), texts, strict=True)]
        if number % 2:
            items.append(world.source.hostile("stall"))
        random.Random(number).shuffle(items)
        await world.client.score(line, items)
        deep = world.client.request(items[:1]).partition(b"content-length")[0]
        body = b'{"task": "holding", "completion": "", "ground_truth": {"x": %s}}' % (b"[" * 900 + b"]" * 900)
        answer = await line.ask(deep + b"content-length: %d\r\n\r\n" % len(body) + body)
        if answer.status != 422 or not answer.problem:
            world.client.counts.faults.append(f"a deep truth: {answer.status}")
    line.close()


async def everything(world: World) -> None:
    """All of the above at the same time."""
    await asyncio.gather(
        *(
            fault(world)
            for fault in (large_bodies, slow_clients, disconnects, killed_processes, redis_lost, hostile_items)
        )
    )


async def drained(world: World, ended: Callable[[], Any]) -> None:
    """SIGTERM with requests in flight, on connections that go on asking until they are told to stop."""
    inflight = 60 if world.full else 24

    async def one(number: int) -> None:
        line = Line(world.port)
        await line.open()
        await started.wait()
        items = [*world.source.batch(4, new=1.0), world.source.hostile(f"nap {0.02 * (number % 10)}")]
        answer = await world.client.score(line, items)
        while answer is not None and "connection: close" not in answer.headers:
            answer = await world.client.score(line, world.source.batch(2))
        line.close()

    started = asyncio.Event()
    working = [asyncio.create_task(one(number)) for number in range(inflight)]
    await asyncio.sleep(1.0)
    started.set()
    await asyncio.sleep(0.4)
    code = await asyncio.to_thread(ended)
    if code != 0:
        world.client.counts.faults.append(f"exit code {code}")
    await asyncio.gather(*working)


def children(pid: int) -> list[int]:
    """The child processes of all of a process's threads."""
    found: list[int] = []
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            found += [int(child) for child in (thread / "children").read_text().split()]
    return found


FAULTS: dict[str, Callable[[World], Awaitable[None]]] = {
    "calm": calm,
    "10 MB bodies": large_bodies,
    "slow clients": slow_clients,
    "1,000 connections": many_connections,
    "disconnects": disconnects,
    "kill -9": killed_processes,
    "Redis lost": redis_lost,
    "hostile items": hostile_items,
}

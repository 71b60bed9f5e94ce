"""The reward service under load: start one, look at its processes, keep so many requests in flight."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

HERE = Path(__file__).parent
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_MOST_WAIT_S = 1.0  # of what a refusal asks for


@dataclass(frozen=True)
class Service:
    """A running service: its process, and the scoring processes below it."""

    process: int
    port: int

    def cpu_seconds(self) -> float | None:
        """User and system time so far of the whole family; None where there is no /proc."""
        if not Path("/proc/self/stat").exists():
            return None
        ticks = 0
        for process in self._family():
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
        return ticks / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> list[float]:
        """Resident memory, the service's own first; what processes share counts in each."""
        found = [Path(f"/proc/{process}/status").read_text() for process in self._family()]
        return [round(int(re.findall(r"VmRSS:\s+(\d+)", text)[0]) / 1024, 1) for text in found]

    def _family(self) -> list[int]:
        family = [self.process]
        for process in family:
            for thread in Path(f"/proc/{process}/task").iterdir():
                family += [int(child) for child in (thread / "children").read_text().split()]
        return family


@contextmanager
def service(workspace: Path, workers: int, cached: bool = True, profile: Path | None = None) -> Iterator[Service]:
    """A service on a free port, whose tasks are the real ones and `constant`."""
    settings = {"REWARD_WORKSPACE": str(workspace), "REWARD_PORT": "0", "REWARD_WORKERS": str(workers)}
    paths = [str(HERE), os.environ.get("PYTHONPATH") or str(HERE.parent)]
    environment = {**os.environ, **settings, "PYTHONPATH": os.pathsep.join(paths)}
    command = [sys.executable, str(HERE / "reward_load.py"), "cached" if cached else "uncached", str(profile or "")]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.search(r"http://[0-9.]+:(\d+)", process.stdout.readline())
        assert found, "the service did not start"
        try:
            yield Service(process.pid, int(found.group(1)))
        finally:
            process.terminate()


def _serve(cached: bool, profile: str) -> None:
    from services.reward_api import cache, logs, server, settings
    from services.reward_api.app import create_app

    logs.configure()
    loaded = settings.load()
    with server.bind(loaded) as bound:
        app = create_app(loaded, "constant_registry")
        if not cached:
            app.state.scoring._cache = cache.VerdictCache(0)  # noqa: SLF001 - there is no setting for it, and need be none
        if not profile:
            server.run(app, bound)
            return
        import cProfile

        profiler = cProfile.Profile(time.process_time)
        profiler.runcall(server.run, app, bound)
        profiler.dump_stats(profile)


class Bodies:
    """Bodies of a path's requests from items in turn, each item with a number of its own; made as they are asked for."""

    def __init__(self, path: str, items: Sequence[Callable[[int], bytes]], batch: int, first: int = 0) -> None:
        self._head = f"POST {path} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n".encode()
        self._bare = path != "/reward"
        self._items = itertools.cycle(items)
        self._batch = batch
        self.number = first

    def __next__(self) -> bytes:
        made = []
        for item in itertools.islice(self._items, self._batch):
            made.append(item(self.number))
            self.number += 1
        body = made[0] if self._bare else b'{"items":[' + b",".join(made) + b"]}"
        return self._head + b"content-length: %d\r\n\r\n" % len(body) + body


def numbered(item: dict[str, object], mark: str) -> Callable[[int], bytes]:
    """An item whose JSON gets its number where the mark stands; without a mark it is the same each time."""
    before, found, after = orjson.dumps(item).partition(mark.encode())
    if not found:
        return lambda _: before
    return lambda number: before + b"%d" % number + after


@dataclass
class Load:
    """What came back: seconds of each answered request, how many were refused (429, 503), items scored and not scored."""

    seconds: list[float] = field(default_factory=list[float])
    refused: int = 0
    cached: int = 0
    items: int = 0
    unscored: int = 0
    elapsed: float = 0.0

    def percentile(self, share: float) -> float | None:
        """Milliseconds, by nearest rank."""
        ordered = sorted(self.seconds)
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000, 2) if ordered else None


def press(port: int, bodies: Bodies, in_flight: int, seconds: float, requests: int | None = None) -> Load:
    """Keep so many requests in flight for a time, or for so many requests; what is under way then is still awaited."""
    load = Load()
    started = time.perf_counter()
    asyncio.run(_press(port, bodies, in_flight, (started + seconds, requests), load))
    load.elapsed = time.perf_counter() - started
    return load


async def _press(port: int, bodies: Bodies, in_flight: int, end: tuple[float, int | None], load: Load) -> None:
    until, left = end[0], itertools.repeat(0) if end[1] is None else range(end[1])
    turns = iter(left)

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        try:
            while time.perf_counter() < until and next(turns, None) is not None:
                request = next(bodies)
                started = time.perf_counter()
                writer.write(request)
                head = await reader.readuntil(b"\r\n\r\n")
                length = _LENGTH.search(head)
                assert length, head
                body = await reader.readexactly(int(length.group(1)))
                if head.startswith(b"HTTP/1.1 200"):
                    load.seconds.append(time.perf_counter() - started)
                    load.items += body.count(b'"mask_sample":false')
                    load.unscored += body.count(b'"mask_sample":true')
                    load.cached += body.count(b'"cached":true')
                else:
                    assert head.startswith((b"HTTP/1.1 503", b"HTTP/1.1 429")), head + body[:300]
                    load.refused += 1
                    await asyncio.sleep(min(_MOST_WAIT_S, max(0.0, until - time.perf_counter())))
        finally:
            writer.close()
            await writer.wait_closed()

    await asyncio.gather(*(one() for _ in range(in_flight)))


if __name__ == "__main__":
    _serve(sys.argv[1] == "cached", sys.argv[2])

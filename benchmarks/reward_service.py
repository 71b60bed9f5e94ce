"""Items a second through POST /reward, by task and batch size, beside a scorer that does nothing, in one run.

    python benchmarks/reward_service.py [--workspace workspace] [--seconds 5] [--workers 2]

Every completion is new (no cache hit) and names a prepared example, as in training; 16 requests are in flight. Without a
workspace 200 cases are invented first. The load generator shares the machine with the service. Writes
`benchmarks/results/reward_service.json`.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

HERE = Path(__file__).parent
RESULT = HERE / "results" / "reward_service.json"
BATCHES = (1, 8, 64)
IN_FLIGHT = 16
THINKING = "The reporter, the volume and the page stand in the text above, so they can be taken from it as they are. "


@dataclass(frozen=True)
class Service:
    """A running service; its processor time is that of the process and all below it."""

    process: int
    port: int

    def cpu_seconds(self) -> float | None:
        """User and system time so far; None where there is no /proc."""
        if not Path("/proc/self/stat").exists():
            return None
        family, ticks = [self.process], 0
        for process in family:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
            for thread in Path(f"/proc/{process}/task").iterdir():
                family += [int(child) for child in (thread / "children").read_text().split()]
        return ticks / os.sysconf("SC_CLK_TCK")


def main() -> None:
    arguments = _arguments()
    if arguments.serve:
        _serve()
        return
    with tempfile.TemporaryDirectory() as folder:
        workspace = arguments.workspace or _invent(Path(folder))
        with _service(workspace, arguments.workers) as (process, port):
            figures = _measure_all(workspace, Service(process, port), arguments.seconds)
    for line in _table(figures):
        print(line)
    RESULT.parent.mkdir(exist_ok=True)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    settings = {"workers": arguments.workers, "in_flight": IN_FLIGHT, "seconds": arguments.seconds}
    RESULT.write_text(json.dumps({"machine": machine, "settings": settings, "figures": figures}, indent=2) + "\n")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--seconds", type=float, default=5.0, help="of load for each line")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _invent(folder: Path) -> Path:
    from services.reward_api.synthetic import build

    build(folder, 200)
    return folder


def _serve() -> None:
    from services.reward_api import logs, server, settings
    from services.reward_api.app import create_app

    logs.configure()
    loaded = settings.load()
    with server.bind(loaded) as bound:
        server.run(create_app(loaded, "constant_registry"), bound)


@contextmanager
def _service(workspace: Path, workers: int) -> Iterator[tuple[int, int]]:
    settings = {"REWARD_WORKSPACE": str(workspace), "REWARD_PORT": "0", "REWARD_WORKERS": str(workers)}
    environment = {**os.environ, **settings, "PYTHONPATH": f"{HERE}{os.pathsep}{HERE.parent}"}
    command = [sys.executable, __file__, "--serve"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.search(r"http://[0-9.]+:(\d+)", process.stdout.readline())
        assert found, "the service did not start"
        try:
            yield process.pid, int(found.group(1))
        finally:
            process.terminate()


def _measure_all(workspace: Path, service: Service, seconds: float) -> list[dict[str, Any]]:
    from cap_rlvr import registry

    kinds: dict[str, list[dict[str, Any]]] = {"constant": [{"task": "constant", "completion": "x", "ground_truth": {}}]}
    for name in registry.names():
        kinds[name] = _items(workspace, name)
    groups = zip(*(kinds[name] for name in registry.names()), strict=False)
    kinds["all tasks mixed"] = [item for group in groups for item in group]
    serial = itertools.count()
    figures = []
    for batch in BATCHES:
        for kind, items in kinds.items():
            _measure(items, batch, service, 0.5, serial)
            figures.append({"kind": kind, "batch": batch, **_measure(items, batch, service, seconds, serial)})
    return figures


def _items(workspace: Path, name: str) -> list[dict[str, Any]]:
    from cap_rlvr import registry
    from cap_rlvr.wire.rows import Row

    task = registry.get(name)
    with (workspace / "tasks" / name / "train.jsonl").open("rb") as file:
        rows = [Row.model_validate(orjson.loads(line)) for line in itertools.islice(file, 500)]
    golds = [task.gold(task.read_truth(row.truth)) for row in rows]
    return [{"task": name, "example_id": row.id, "completion": gold} for row, gold in zip(rows, golds, strict=True)]


def _measure(items: list[dict[str, Any]], batch: int, service: Service, seconds: float, serial: Any) -> dict[str, Any]:
    """Requests are made before the clock starts, enough for the time at a generous rate; then what was answered counts."""
    source = itertools.cycle(items)
    count = int(seconds * max(400, 12_000 / batch)) + IN_FLIGHT
    requests = [_request([_new(next(source), next(serial)) for _ in range(batch)]) for _ in range(count)]
    cpu, started = service.cpu_seconds(), time.perf_counter()
    times = asyncio.run(_load(requests, service.port, started + seconds))
    elapsed, cpu_after = time.perf_counter() - started, service.cpu_seconds()
    used = None if cpu is None or cpu_after is None else (cpu_after - cpu) / (len(times) * batch)
    times.sort()
    return {
        "items_per_second": round(len(times) * batch / elapsed, 1),
        "requests_per_second": round(len(times) / elapsed, 1),
        "cpu_us_per_item": used and round(used * 1e6, 1),
        "p50_ms": round(times[len(times) // 2] * 1000, 2),
        "p99_ms": round(times[int(len(times) * 0.99)] * 1000, 2),
    }


def _new(item: dict[str, Any], number: int) -> dict[str, Any]:
    return {**item, "completion": f"<think>{number} {THINKING}</think>{item['completion']}"}


def _request(items: list[dict[str, Any]]) -> bytes:
    body = orjson.dumps({"items": items})
    return b"POST /reward HTTP/1.1\r\nhost: localhost\r\ncontent-length: %d\r\n\r\n" % len(body) + body


async def _load(requests: list[bytes], port: int, until: float) -> list[float]:
    waiting = iter(requests)
    times: list[float] = []

    async def one() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        for request in waiting:
            started = time.perf_counter()
            if started > until:
                break
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            found = re.search(rb"content-length: (\d+)", head)
            assert head.startswith(b"HTTP/1.1 200"), head
            assert found, head
            body = await reader.readexactly(int(found.group(1)))
            assert b'"status":"scored"' in body
            times.append(time.perf_counter() - started)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(one() for _ in range(IN_FLIGHT)))
    return times


def _table(figures: list[dict[str, Any]]) -> Iterator[str]:
    ceilings = {figure["batch"]: figure["items_per_second"] for figure in figures if figure["kind"] == "constant"}
    yield f"{'task':<18}{'batch':>6}{'items/s':>10}{'of ceiling':>12}{'CPU us/item':>13}{'p50 ms':>9}{'p99 ms':>9}"
    for figure in figures:
        share = figure["items_per_second"] / ceilings[figure["batch"]]
        figure["share_of_constant"] = round(share, 3)
        yield (
            f"{figure['kind']:<18}{figure['batch']:>6}{figure['items_per_second']:>10,.0f}{share:>12.0%}"
            f"{figure['cpu_us_per_item'] or float('nan'):>13,.0f}"
            f"{figure['p50_ms']:>9.1f}{figure['p99_ms']:>9.1f}"
        )


if __name__ == "__main__":
    main()

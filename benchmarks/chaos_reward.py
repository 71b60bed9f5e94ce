"""Faults against the real reward service, one after another: what was sent, what came back, and whether it was right.

    python benchmarks/chaos_reward.py [--form short|full] [--workspace workspace] [--only "kill -9"]

The service runs with keys, quotas in a Valkey of its own, signed receipts and three scoring processes; beside each
fault runs a steady load of items of all tasks. Every result is compared with the library's in this process, and every
receipt with its request. `--form short` (under 90 s on an idle machine) shortens the service's limits on slow clients;
`--form full` has the real ones. Without a workspace 200 cases are invented first. Writes
`benchmarks/results/chaos_reward.json`; exits with 1 where a promise broke.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import platform
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
RESULT = HERE / "results" / "chaos_reward.json"
SCORING_PROCESSES = 3
STEADY_LINES = 4
RECOVERY_S = 60.0
# Seconds: what a client may take for a head, a body and an answer, and how long a scorer may stand still.
LIMITS = {
    "short": {"head": 2.0, "read": 4.0, "body": 6.0, "answer": 3.0, "wall": 1.0},
    "full": {"head": 10.0, "read": 20.0, "body": 30.0, "answer": 30.0, "wall": 4.5},
}
COLUMNS = ("sent", "scored", "null", "error", "refused", "left", "lost", "wrong", "hung", "bare")


class Chaos:
    """The service and its Valkey, and what the faults ask of them."""

    def __init__(self, workspace: Path, folder: Path, form: str) -> None:
        from chaos_load import Client, Source

        from cap_rlvr.clients.broker import EmbeddedValkey
        from cap_rlvr.wire.keys import SCOPES, changing, new_key, write_private
        from cap_rlvr.wire.signatures import new_receipt_key, read_receipt_keys

        self.full = form == "full"
        self.limits = LIMITS[form]
        self.source = Source(workspace)
        self._folder, self._workspace, self._form = folder, workspace, form
        key, record = new_key("chaos", SCOPES, 1_000_000_000, datetime.now(UTC) + timedelta(days=1))
        with changing(folder / "keys.json") as (_, changed):
            changed.append(record)
        write_private(folder / "receipt.key", new_receipt_key().encode() + b"\n")
        self._receipts = read_receipt_keys(folder / "receipt.key")[0]
        self._key = key
        self.client = Client(workspace, key, self._receipts)
        self._valkey = EmbeddedValkey(folder / "valkey").start()
        self._process: subprocess.Popen[str] | None = None
        self.port = 0

    def start(self) -> None:
        settings = {
            "REWARD_WORKSPACE": str(self._workspace),
            "REWARD_PORT": str(self.port),
            "REWARD_WORKERS": str(SCORING_PROCESSES),
            "REWARD_REDIS_URL": self._valkey.url,
            "REWARD_KEY_FILE": str(self._folder / "keys.json"),
            "REWARD_RECEIPT_KEY_FILE": str(self._folder / "receipt.key"),
            "REWARD_AUDIT_LOG": str(self._folder / "audit.jsonl"),
            "PYTHONPATH": os.pathsep.join([str(HERE), str(HERE.parent / "src"), str(HERE.parent)]),
        }
        command = [sys.executable, __file__, "--serve", "--form", self._form]
        with (self._folder / "service.log").open("a") as log:
            self._process = subprocess.Popen(
                command, env={**os.environ, **settings}, stdout=subprocess.PIPE, stderr=log, text=True
            )
        assert self._process.stdout
        found = re.search(r"http://[0-9.]+:(\d+)", self._process.stdout.readline())
        assert found, f"the service did not start: {(self._folder / 'service.log').read_text()[-2000:]}"
        self.port = int(found.group(1))

    def stop(self) -> int:
        """SIGTERM, and the exit code."""
        assert self._process
        self._process.send_signal(signal.SIGTERM)
        return self._process.wait(90)

    def close(self) -> None:
        if self._process and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._valkey.stop()

    def nursery(self) -> int:
        from chaos_faults import children

        assert self._process
        return next(iter(children(self._process.pid)), 0)

    def scoring_processes(self) -> list[int]:
        from chaos_faults import children

        return children(self.nursery()) if self.nursery() else []

    def memory_mb(self) -> int:
        """Resident memory of the service's own process."""
        assert self._process
        with contextlib.suppress(OSError):
            found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{self._process.pid}/status").read_text())
            return int(found.group(1)) // 1024 if found else 0
        return 0

    def valkey(self) -> int:
        return self._valkey.pid or 0

    def kill_valkey(self) -> None:
        os.kill(self.valkey(), signal.SIGKILL)

    def restart_valkey(self) -> None:
        self._valkey.stop()
        self._valkey.start()

    async def state(self) -> dict[str, Any]:
        """`/readyz`; empty while it does not answer."""
        from chaos_load import Line

        line = Line(self.port)
        try:
            answer = await line.ask(b"GET /readyz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
            return json.loads(answer.body)
        except (OSError, EOFError, TimeoutError, ValueError):
            return {}
        finally:
            line.close()

    async def degraded(self) -> dict[str, str]:
        return (await self.state()).get("degraded", {})

    async def recovery(self) -> float | None:
        """Seconds until all scoring processes are there, nothing is degraded and a batch is scored at once."""
        from chaos_load import Line

        began, line = time.monotonic(), Line(self.port)
        while time.monotonic() - began < RECOVERY_S:
            state = await self.state()
            whole = state.get("ready") and state["scoring_processes"] == SCORING_PROCESSES
            if whole and not state["degraded"]:
                answer = await self.client.score(line, self.source.batch(4))
                if answer is not None and answer.status == 200:
                    line.close()
                    return round(time.monotonic() - began, 2)
            await asyncio.sleep(0.05)
        line.close()
        return None

    async def steady(self, ended: asyncio.Event) -> None:
        """Batches of all tasks on a few connections, until it is enough."""
        from chaos_load import Line

        async def one() -> None:
            line = Line(self.port)
            while not ended.is_set():
                await self.client.score(line, self.source.batch(8, new=0.3))
                await asyncio.sleep(0.2)
            line.close()

        await asyncio.gather(*(one() for _ in range(STEADY_LINES)))


def main() -> int:
    arguments = _arguments()
    if arguments.serve:
        _serve(LIMITS[arguments.form])
        return 0
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 8192)), hard))
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        workspace = arguments.workspace or _invent(folder / "workspace")
        chaos = Chaos(workspace, folder, arguments.form)
        try:
            chaos.start()
            figures = asyncio.run(_run_all(chaos, arguments.only))
        finally:
            chaos.close()
        log = (folder / "service.log").read_text()
    if "request_failed" in log or "Traceback" in log:
        print("The service's log tells of a crash:", *[x for x in log.splitlines() if "failed" in x][:5], sep="\n  ")
        figures[-1]["broken"].append("a crash in the service's log")
    broken = [f"{figure['fault']}: {text}" for figure in figures for text in figure["broken"]]
    print(*(f"BROKEN  {text}" for text in broken), sep="\n", end="\n" if broken else "Every promise held.\n")
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    RESULT.parent.mkdir(exist_ok=True)
    told = {"machine": machine, "form": arguments.form, "limits": chaos.limits, "faults": figures, "broken": broken}
    RESULT.write_text(json.dumps(told, indent=2) + "\n")
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--form", choices=sorted(LIMITS), default="short")
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--only", help="one fault, by its name in the table")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


def _invent(folder: Path) -> Path:
    from services.reward_api.synthetic import build

    build(folder, 200)
    return folder


def _serve(limits: dict[str, float]) -> None:
    from services.reward_api import bodies, connections, logs, server, settings
    from services.reward_api.app import create_app
    from services.reward_api.scoring_pool import Limits

    bodies.READ_S = limits["read"]
    connections.HEAD_S, connections.BODY_S, connections.ANSWER_S = limits["head"], limits["body"], limits["answer"]
    logs.configure()
    loaded = settings.load()
    with server.bind(loaded) as bound:
        server.run(create_app(loaded, "chaos_registry", Limits(cpu=1.0, wall=limits["wall"])), bound)


async def _run_all(chaos: Chaos, only: str | None) -> list[dict[str, Any]]:
    from chaos_faults import FAULTS, everything

    faults: dict[str, Callable[[Any], Awaitable[None]]] = dict(FAULTS)
    if chaos.full:
        faults["everything"] = everything
    await chaos.recovery()
    chaos.client.check()
    print(
        f"{'fault':<19}{'s':>5}" + "".join(f"{name:>9}" for name in COLUMNS) + f"{'MB':>6}{'recovery s':>12}",
        flush=True,
    )
    figures = [await _run(chaos, name, fault) for name, fault in faults.items() if only in (None, name)]
    if only in (None, "SIGTERM"):
        figures.append(await _drain(chaos))
    return figures


async def _run(chaos: Chaos, name: str, fault: Callable[[Any], Awaitable[None]]) -> dict[str, Any]:
    from chaos_load import Counts

    chaos.client.counts = Counts()
    ended = asyncio.Event()
    steady = asyncio.create_task(chaos.steady(ended))
    began, memory = time.monotonic(), [0]
    watch = asyncio.create_task(_watch_memory(chaos, memory))
    await fault(chaos)
    seconds = time.monotonic() - began
    recovery = await chaos.recovery()
    ended.set()
    await steady
    watch.cancel()
    if chaos.client.counts.codes["unreachable"]:
        chaos.client.counts.faults.append("nobody was listening")
    return _figure(chaos, name, seconds, recovery, memory[0])


async def _drain(chaos: Chaos) -> dict[str, Any]:
    from chaos_faults import drained
    from chaos_load import Counts

    chaos.client.counts = Counts()
    began = time.monotonic()
    await drained(chaos, chaos.stop)
    seconds = time.monotonic() - began
    again = time.monotonic()
    await asyncio.to_thread(chaos.start)
    recovery = await chaos.recovery()
    whole = None if recovery is None else round(time.monotonic() - again, 2)
    return _figure(chaos, "SIGTERM", seconds, whole, chaos.memory_mb())


async def _watch_memory(chaos: Chaos, most: list[int]) -> None:
    while True:
        most[0] = max(most[0], chaos.memory_mb())
        await asyncio.sleep(0.2)


def _figure(chaos: Chaos, name: str, seconds: float, recovery: float | None, memory: int) -> dict[str, Any]:
    chaos.client.check()
    counts = chaos.client.counts
    if recovery is None:
        counts.faults.append(f"not recovered within {RECOVERY_S:g} s")
    figure = {"fault": name, "seconds": round(seconds, 1), **{one: getattr(counts, one) for one in COLUMNS}}
    shown = "".join(f"{figure[one]:>9,}" for one in COLUMNS)
    print(f"{name:<19}{seconds:>5.0f}{shown}{memory:>6}{recovery if recovery is not None else 'never':>12}", flush=True)
    more = {"memory_mb": memory, "recovery_s": recovery, "codes": dict(counts.codes), "broken": counts.broken()}
    return figure | more


if __name__ == "__main__":
    sys.exit(main())

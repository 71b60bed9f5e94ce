"""What costs the reward service its time: the top ten of its event loop, of a scoring process, and of each scorer."""

from __future__ import annotations

import cProfile
import io
import itertools
import pstats
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
from reward_items import MARK, Asked, mixed
from reward_load import Bodies, numbered, press, service
from rich.console import Console

from cap_rlvr import registry
from cap_rlvr.wire.files import write_whole
from services.reward_api.examples import RowIndex
from services.reward_api.scoring_worker import Judge, pack, unpack

TOP = 10
_ITEMS = 3000


def write_profile(workspace: Path, pools: dict[str, list[list[Asked]]], path: Path, console: Console) -> None:
    """Write and print them; own time, since what calls much has much in all."""
    every = mixed(pools, list(pools))
    parts = [
        "# What costs the time\n\nOwn time of the ten functions that cost most, under cProfile, which doubles all."
    ]
    for batch, requests in ((1, 1500), (64, 40)):
        stats = _of_service(workspace, every, batch, requests)
        parts.append(_section(f"The service's process, batch {batch}, all five", stats, batch * requests))
    for name, asked in {"all five": every, **{task: mixed(pools, [task]) for task in pools}}.items():
        made = _packed(workspace, asked)
        made = [one for _, one in zip(range(_ITEMS), itertools.cycle(made), strict=False)]
        parts.append(_section(f"A scoring process, {name}", _of(_judging(made)), len(made)))
    write_whole(path, "\n\n".join(parts).encode() + b"\n")
    console.print(path.read_text())


def _of_service(workspace: Path, asked: Sequence[Asked], batch: int, requests: int) -> pstats.Stats:
    items = [numbered(one.item(MARK), MARK) for one in asked]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profile"
        with service(workspace, 1, profile=file) as running:
            press(running.port, Bodies("/reward", items, batch, int(time.time() * 1000)), 4, 300, requests)
        return pstats.Stats(str(file), stream=io.StringIO())


def _packed(workspace: Path, asked: Sequence[Asked]) -> list[bytes]:
    """Frames of one item each, as they cross to a scoring process."""
    rows = {task: RowIndex(workspace / "tasks" / task) for task in {one.task for one in asked}}
    made: list[bytes] = []
    for number, one in enumerate(asked):
        text = str(one.item(str(number))["completion"])
        made.append(orjson.dumps(pack(one.task, text, None, rows[one.task].find(one.example_id))))
    return made


def _judging(frames: Sequence[bytes]) -> Callable[[], Any]:
    judge = Judge(registry, 5.0)
    judge.warm()
    return lambda: [orjson.dumps(judge.verdict(*unpack(orjson.loads(frame))).pack()) for frame in frames]


def _of(work: Callable[[], Any]) -> pstats.Stats:
    work()
    profiler = cProfile.Profile(time.process_time)
    profiler.runcall(work)
    return pstats.Stats(profiler, stream=io.StringIO())


def _section(title: str, stats: pstats.Stats, items: int) -> str:
    found: dict[Any, Any] = stats.stats  # pyright: ignore[reportAttributeAccessIssue]
    whole = sum(own for _, _, own, _, _ in found.values())
    ranked = sorted(found.items(), key=lambda one: -one[1][2])[:TOP]
    lines = [f"## {title}\n", f"{whole / items * 1e6:,.0f} us an item under the profiler.\n"]
    lines += ["| function | own | calls an item |", "|---|---|---|"]
    for (file, line, name), (_, calls, own, _, _) in ranked:
        place = f"{Path(file).parent.name}/{Path(file).name}:{line} " if line else ""
        lines.append(f"| `{place}{name}` | {own / whole:.1%} | {calls / items:.1f} |")
    return "\n".join(lines)

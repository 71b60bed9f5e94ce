"""The reward service's speed, beside a scorer that returns a constant and the library called in process, in one run.

    python benchmarks/reward_service.py [--form short|full] [--workspace workspace] [--workers 2] [--items 1000000]
    python benchmarks/reward_service.py --profile

What is sent is in reward_items.py: new completions of all kinds for prepared rows, so that no cache answers; the share
answered from the cache is a column. Without a workspace 200 cases are invented. The load generator shares the machine
with the service, so items a second move with what else runs; CPU microseconds an item, which are those of the service
and all its processes, hardly do, and `per core` is a million of them divided by these. Writes
`benchmarks/results/reward_service.json`, and goes on where a stopped run of the same code ended. `--profile` writes what
costs the time to `benchmarks/results/reward_profile.md` instead.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from reward_items import MARK, Asked, all_groups, mixed, mixes
from reward_load import Bodies, Service, numbered, press, service
from reward_profile import write_profile
from reward_tables import tables
from rich.console import Console
from rich.progress import Progress

from cap_rlvr import registry
from cap_rlvr.quality.samples import prepared
from cap_rlvr.wire.files import write_whole
from cap_rlvr.wire.frozen import digest, file_digest
from services.reward_api import settings

RESULTS = Path(__file__).parent / "results"
RESULT = RESULTS / "reward_service.json"
PART = RESULTS / "reward_service.part.jsonl"
CONSTANT = "constant"
ALL = "all five"


@dataclass(frozen=True)
class Form:
    """How much is measured. ``grid`` is batch sizes by requests in flight; ``seconds`` of load a cell."""

    rows: int
    seconds: float
    grid: tuple[tuple[int, int], ...]
    workers: tuple[int, ...]
    verify: tuple[int, ...]
    memory_items: int


_BATCHES, _IN_FLIGHT = (1, 8, 64, 512), (1, 16, 64, 256)
FORMS = {
    "short": Form(12, 1.5, ((1, 16), (64, 16)), (1,), (16,), 0),
    "full": Form(40, 5.0, tuple((b, f) for b in _BATCHES for f in _IN_FLIGHT), (1, 2, 4), (1, 16, 64, 256), 1_000_000),
}


@dataclass(frozen=True)
class Cell:
    """One line of the result. ``cached`` `on` is the service as it is, with new items; `repeats` sends the same again."""

    mix: str
    batch: int
    in_flight: int
    workers: int
    path: str = "/reward"
    cached: str = "on"


class Bench:
    """Measures cells, and keeps what it has measured."""

    def __init__(self, form: Form, pools: dict[str, list[list[Asked]]], made_of: str) -> None:
        self._seconds = form.seconds
        self._mixes = mixes(pools)
        self._number = int(time.time() * 1000)  # so that no run repeats an item of another
        self._made_of = made_of
        self.figures: list[dict[str, Any]] = []
        if PART.exists():
            kept = [orjson.loads(line) for line in PART.read_bytes().splitlines()]
            self.figures = [one["figure"] for one in kept if one["made_of"] == made_of]

    def keep(self, figure: dict[str, Any]) -> None:
        """On the disk at once."""
        self.figures.append(figure)
        PART.parent.mkdir(exist_ok=True)
        with PART.open("ab") as file:
            file.write(orjson.dumps({"made_of": self._made_of, "figure": figure}) + b"\n")

    def has(self, cell: Cell | dict[str, Any]) -> bool:
        """Whether a figure of these names and values is there."""
        wanted = (cell if isinstance(cell, dict) else asdict(cell)).items()
        return any(wanted <= one.items() for one in ({k: v for k, v in f.items() if _plain(v)} for f in self.figures))

    def measure(self, cell: Cell, running: Service) -> None:
        """Load for half a second that counts for nothing, then for the form's time."""
        bodies = self.bodies(cell)
        press(running.port, bodies, cell.in_flight, 0.5)
        cpu = running.cpu_seconds()
        load = press(running.port, bodies, cell.in_flight, self._seconds)
        after = running.cpu_seconds()
        self._number = bodies.number
        used = (after - cpu) / load.items if cpu is not None and after is not None and load.items else None
        self.keep(
            {
                **asdict(cell),
                "items_per_second": round(load.items / load.elapsed, 1),
                "requests_per_second": round(len(load.seconds) / load.elapsed, 1),
                "cpu_us_per_item": used and round(used * 1e6, 1),
                **{f"p{share}_ms": load.percentile(share / 100) for share in (50, 95, 99)},
                "refused": load.refused,
                "unscored": load.unscored,
                "cached_share": round(load.cached / load.items, 4) if load.items else 0.0,
            }
        )

    def bodies(self, cell: Cell) -> Bodies:
        mark = "" if cell.cached == "repeats" else MARK
        asked = self._mixes[ALL if cell.mix == CONSTANT else cell.mix]
        dress = partial(_dressed, cell.mix == CONSTANT, cell.path != "/reward", mark)
        return Bodies(cell.path, [numbered(dress(one), mark or "\0") for one in asked], cell.batch, self._number)

    def in_process(self, pools: dict[str, list[list[Asked]]], workspace: Path) -> None:
        """The library alone: each row's truth read once for its group, then `score`; CPU time of this process."""
        truths = {
            (task, one.row.id): one.row.truth for task in pools for one in prepared(registry.get(task), workspace)
        }
        for mix, asked in self._mixes.items():
            if self.has({"in_process": mix}):
                continue
            texts = [(one, str(one.item("7")["completion"])) for one in asked]
            best = min(_judge_all(texts, truths) for _ in range(3))
            self.keep({"in_process": mix, "cpu_us_per_item": round(best / len(texts) * 1e6, 1)})

    def memory(self, running: Service, items: int, pools: dict[str, list[list[Asked]]], progress: Progress) -> None:
        """Resident memory of the service and its scoring processes while so many items are judged."""
        bar = progress.add_task("memory", total=items)
        bodies = Bodies("/reward", [numbered(one.item(MARK), MARK) for one in mixed(pools, list(pools))], 512)
        bodies.number = self._number
        points: list[dict[str, Any]] = [{"items": 0, "mb": running.memory_mb()}]
        done, step = 0, max(512 * 16, items // 20)
        while done < items:
            load = press(running.port, bodies, 8, 1e9, step // 512)
            done += load.items
            points.append({"items": done, "mb": running.memory_mb()})
            progress.update(bar, completed=done)
        self._number = bodies.number
        self.keep({"memory": points})


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _dressed(constant: bool, gym: bool, mark: str, one: Asked) -> dict[str, Any]:
    if gym:
        return one.gym_row(mark) | ({"task": CONSTANT, "ground_truth": {}, "example_id": None} if constant else {})
    return one.constant(mark) if constant else one.item(mark)


def _judge_all(texts: Sequence[tuple[Asked, str]], truths: dict[tuple[str, str], Any]) -> float:
    started, last, truth = time.process_time(), ("", ""), None
    for one, text in texts:
        task = registry.get(one.task)
        if last != (last := (one.task, one.example_id)):
            truth = task.read_truth(truths[last])
        task.score(truth, text)
    return time.process_time() - started


def cells(form: Form, mix_names: Sequence[str], workers: int) -> Iterator[Cell]:
    """All that is measured at these workers: the grid where they are the usual ones, else one place of it."""
    usual = workers == form.workers[len(form.workers) // 2]
    for batch, in_flight in form.grid if usual else ((64, 16),):
        for mix in (CONSTANT, *mix_names):
            yield Cell(mix, batch, in_flight, workers)
    for in_flight in form.verify if usual else ():
        for mix in (CONSTANT, ALL):
            yield Cell(mix, 1, in_flight, workers, "/compat/nemo_gym/verify")
    if usual:
        yield Cell(ALL, 64, 16, workers, cached="repeats")
        yield Cell(ALL, 64, 16, workers, cached="off")


def main() -> None:
    arguments = _arguments()
    form = FORMS[arguments.form]
    form = replace(
        form,
        workers=tuple(arguments.workers or form.workers),
        seconds=arguments.seconds or form.seconds,
        memory_items=form.memory_items if arguments.items is None else arguments.items,
    )
    console = Console()
    with tempfile.TemporaryDirectory() as folder, Progress(console=console) as progress:
        workspace = arguments.workspace or _invent(Path(folder))
        making = progress.add_task("completions", total=len(registry.names()))
        pools = all_groups(workspace, form.rows, lambda told: progress.update(making, advance=1, description=told))
        if arguments.profile:
            write_profile(workspace, pools, RESULTS / "reward_profile.md", console)
            return
        bench = Bench(form, pools, _made_of(form, pools))
        _measure(bench, form, workspace, pools, progress)
    machine = {"cores": os.cpu_count(), "python": platform.python_version(), "load": os.getloadavg()[0]}
    machine["loop_ms"] = _loop_ms()
    found = {"machine": machine, "form": arguments.form, "settings": asdict(form), "figures": bench.figures}
    for table in tables(bench.figures):
        console.print(table)
    write_whole(RESULT, orjson.dumps(found, option=orjson.OPT_INDENT_2) + b"\n")
    PART.unlink(missing_ok=True)


def _loop_ms() -> float:
    """CPU milliseconds of a hundred thousand turns of a loop: what CPU time is worth here and now, to compare runs by."""
    started = time.process_time()
    total = 0
    for number in range(100_000):
        total += number * number
    return round(1000 * (time.process_time() - started), 1)


def _measure(bench: Bench, form: Form, workspace: Path, pools: Any, progress: Progress) -> None:
    bench.in_process(pools, workspace)
    names = list(mixes(pools))
    for workers in form.workers:
        waiting = [cell for cell in cells(form, names, workers) if not bench.has(cell)]
        bar = progress.add_task(f"{workers} scoring processes", total=len(waiting))
        for state in ("on", "off"):
            some = [cell for cell in waiting if (cell.cached == "off") == (state == "off")]
            with ExitStack() as stack:
                running = stack.enter_context(service(workspace, workers, state == "on")) if some else None
                for cell in some if running else ():
                    bench.measure(cell, running)
                    progress.update(bar, advance=1)
    if form.memory_items and not any("memory" in figure for figure in bench.figures):
        with service(workspace, form.workers[-1]) as running:
            bench.memory(running, form.memory_items, pools, progress)


def _made_of(form: Form, pools: dict[str, list[list[Asked]]]) -> str:
    """A digest over what decides a figure, save the machine."""
    code = sorted(Path(settings.__file__).parent.glob("*.py"))
    scorers = [registry.scorer_id(task).sha256 for task in registry.names()]
    rows = [[group[0].example_id for group in found] for found in pools.values()]
    return digest([scorers, [file_digest(path) for path in code], form.seconds, rows])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--form", choices=FORMS, default="short", help="under two minutes, or under an hour")
    parser.add_argument("--workspace", type=Path)
    parser.add_argument("--seconds", type=float, help="of load for each line")
    parser.add_argument("--workers", type=int, action="append", help="scoring processes; the middle one gets the grid")
    parser.add_argument("--items", type=int, help="to judge while memory is watched")
    parser.add_argument("--profile", action="store_true")
    return parser.parse_args()


def _invent(folder: Path) -> Path:
    from services.reward_api.synthetic import build

    build(folder, 200)
    return folder


if __name__ == "__main__":
    main()

"""The whole preparation as one call: sources -> rows and supervised sets, by jobs on the queue `prep`.

Whoever calls this has started the workers, or knows that some are running elsewhere on the same files.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from cap_rlvr.clients.jobs import Jobs, JobState, results
from cap_rlvr.corpus.sources import Unit, list_units
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadInput
from cap_rlvr.wire.files import write_whole
from cap_rlvr.wire.workspace import Workspace

_JOBS = "services.prep_worker.jobs"
FORMATS = ("separate", "unified", "chat")
OnProgress = Callable[[str, int, int, str], None]  # the stage's title, jobs done, jobs in all, a note


@dataclass(frozen=True)
class PrepRequest:
    """What to prepare. ``subset`` takes about so many cases, spread over the units; None takes all.

    ``train_only`` names kinds of source that are kept out of eval and test; None keeps fiction out of a task's as soon
    as it has a real row. ``vectors`` names the model of the cases' vectors; without one retrieval knows its gold alone.
    """

    sources: Sequence[Path]
    workspace: Path
    tasks: Sequence[str]
    formats: Sequence[str] = FORMATS
    seed: str = "7"
    subset: int | None = None
    train_only: Sequence[str] | None = None
    vectors: str = ""


@dataclass
class Prepared:
    """What was made: the corpus' counts and digest, each task's, each format's lines, seconds by stage."""

    corpus: dict[str, Any] = field(default_factory=dict[str, Any])
    tasks: dict[str, dict[str, Any]] = field(default_factory=dict[str, dict[str, Any]])
    sft: dict[str, dict[str, int]] = field(default_factory=dict[str, dict[str, int]])
    seconds: dict[str, float] = field(default_factory=dict[str, float])
    characters_per_second: float = 0.0  # of text, for one worker; 0 where nothing had to be read


def check(request: PrepRequest) -> list[Unit]:
    """The units to read. Raises BadInput for anything that would fail later: sources, tasks, formats, kinds, sizes."""
    from cap_rlvr import registry

    _choose("tasks", request.tasks, registry.names())
    _choose("format", request.formats, FORMATS)
    _choose("train_only", request.train_only or (), [kind.value for kind in SourceKind])
    if not (request.tasks and request.sources):
        raise BadInput("nothing to do", "tasks" if request.sources else "SOURCE", "Name at least one")
    if request.vectors and "retrieval" not in request.tasks:
        raise BadInput("vectors are made for retrieval, which is not asked for", "vectors", "Add retrieval to --tasks")
    if request.subset is not None and request.subset < 1:
        raise BadInput("it must be at least 1", "subset", "Leave it out to take every case")
    units = [unit for source in request.sources for unit in list_units(source.resolve())]
    return list({unit.path: unit for unit in units}.values())


def prepare(jobs: Jobs, request: PrepRequest, units: Sequence[Unit], on_progress: OnProgress) -> Prepared:
    """Do it all; what is up to date costs a digest of its files. Raises the first failure of a job as its own kind."""
    made = Prepared()
    workspace = str(request.workspace.resolve())
    tasks, formats = sorted(set(request.tasks)), sorted(set(request.formats))

    def stage(title: str, function: str, arguments: Sequence[Mapping[str, Any]]) -> list[Any]:
        began = time.monotonic()
        ids = [jobs.enqueue(f"{_JOBS}.{function}", one, again=True) for one in arguments]
        states = jobs.wait(ids, lambda states: on_progress(title, sum(s.over for s in states), len(ids), _note(states)))
        made.seconds[title] = round(time.monotonic() - began, 2)
        return results(states)

    limit = math.ceil(request.subset / len(units)) if request.subset else None
    wanted = [
        {"unit": unit.model_dump(mode="json"), "tasks": tasks, "workspace": workspace, "limit": limit} for unit in units
    ]
    found = stage("search the cases", "find_unit", wanted)
    made.characters_per_second = _speed(found)
    folders = sorted({unit["unit"] for unit in found})
    read = [str(source.resolve()) for source in request.sources]
    write_whole(Workspace(request.workspace).sources, json.dumps(read, indent=2) + "\n")
    made.corpus = stage("tell the cases apart", "gather_corpus", [{"units": folders, "workspace": workspace}])[0]
    if request.vectors:
        stage("make the vectors", "build_vectors", [{"workspace": workspace, "model": request.vectors}])
    train_only = None if request.train_only is None else sorted(set(request.train_only))
    common = {"workspace": workspace, "seed": request.seed, "train_only": train_only}
    rows = stage("make the rows", "assemble_task", [{"task": task, **common} for task in tasks])
    made.tasks = dict(zip(tasks, rows, strict=True))
    shapes = [{"tasks": tasks, "workspace": workspace, "shape": shape} for shape in formats]
    made.sft = dict(zip(formats, stage("write the supervised sets", "write_sft", shapes), strict=True))
    return made


def read_yields(workspace: Path, tasks: Sequence[str]) -> list[dict[str, Any]]:
    """The yield table of prepared tasks: `task, source_kind, era, cases, rows {split: n}, kinds, refused {reason: n}`.

    Raises BadInput where a task has not been prepared.
    """
    lines: list[dict[str, Any]] = []
    for task in tasks:
        path = workspace / "tasks" / task / "yields.json"
        if not path.exists():
            raise BadInput(f"no rows of task {task} are prepared", str(path), "Run cap-rlvr prep")
        lines += [{"task": task, **line} for line in json.loads(path.read_bytes())]
    return lines


def _choose(name: str, given: Sequence[str], known: Sequence[str]) -> None:
    for value in given:
        if value not in known:
            raise BadInput(f"{value!r} is unknown", name, f"Choose from: {', '.join(known)}")


def _note(states: Sequence[JobState]) -> str:
    """What the jobs at work and done add up to: `1,142 cases`, `300 rows`."""
    told = [
        cast(Mapping[str, Any], state.result or {}) if state.status == "done" else state.progress for state in states
    ]
    sums = {name: sum(one[name] for one in told if isinstance(one.get(name), int)) for name in ("cases", "rows")}
    return ", ".join(f"{count:,} {name}" for name, count in sums.items() if count)


def _speed(found: Sequence[Mapping[str, Any]]) -> float:
    seconds = sum(unit["seconds"] for unit in found)
    return sum(unit["characters"] for unit in found if unit["seconds"]) / seconds if seconds else 0.0

"""Rows -> supervised sets: each row's prompt and canonical gold, in the three formats that trainers read.

`separate`: `<workspace>/sft/separate/<task>/{train,eval}.jsonl`, lines `{"prompt", "completion", "task", "row_id"}`;
`unified`: the same lines of all tasks in one pair of files, balanced and mixed;
`chat`: the unified rows as `{"messages": [user, assistant], "task", "row_id"}`.

The test split is never read. Mixing needs no memory: a task's rows lie in a random order already, so taking the tasks'
lines by their relative place gives every stretch of the file the same shares.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from pathlib import Path
from typing import Any

import orjson

from cap_rlvr.clients.jobs import report_progress
from cap_rlvr.clients.preparation import FORMATS
from cap_rlvr.task import Task
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.files import whole_file
from cap_rlvr.wire.frozen import digest, file_digest, keyed_unit
from cap_rlvr.wire.manifest import MANIFEST, Manifest, digest_files, read_manifest, up_to_date, write_manifest
from cap_rlvr.wire.rows import Row
from cap_rlvr.wire.workspace import Workspace
from services.prep_worker.tables import Lines

SPLITS = ("train", "eval")
MAX_REPEATS = 4  # in the mixed train sets a smaller task's rows come again, this often at most, up to the largest's


@dataclass
class Statistics:
    """Counts of one set: lines, characters of prompts and of completions, and lines by kind of source."""

    lines: int = 0
    prompt_characters: int = 0
    completion_characters: int = 0
    by_source: dict[str, int] = field(default_factory=dict[str, int])

    def add(self, pair: dict[str, Any], source_kind: str) -> None:
        self.lines += 1
        self.prompt_characters += len(pair["prompt"])
        self.completion_characters += len(pair["completion"])
        self.by_source[source_kind] = self.by_source.get(source_kind, 0) + 1


def write_sft(tasks: Sequence[Task[Any]], workspace: Workspace, shape: str) -> list[Manifest]:
    """Write one format's sets (one manifest a task for `separate`, one in all for the others), unless they are there."""
    if shape not in FORMATS:
        raise BadInput(f"no format is named {shape!r}", "format", f"Choose from: {', '.join(FORMATS)}")
    ordered = sorted(tasks, key=lambda task: task.name)
    if shape == "separate":
        return [_write([task], workspace, workspace.sft / shape / task.name, shape) for task in ordered]
    return [_write(ordered, workspace, workspace.sft / shape, shape)]


def statistics(tasks: Sequence[Task[Any]], workspace: Workspace) -> dict[str, dict[str, Statistics]]:
    """What the sets of each task hold or would hold, by task and split; writes nothing."""
    found: dict[str, dict[str, Statistics]] = {}
    for task in tasks:
        _rows_of(task, workspace)
        found[task.name] = {split: Statistics() for split in SPLITS}
        for split in SPLITS:
            for pair, source_kind in _pairs(task, workspace, split):
                found[task.name][split].add(pair, source_kind)
    return found


def _write(tasks: Sequence[Task[Any]], workspace: Workspace, folder: Path, shape: str) -> Manifest:
    rows = {task.name: _rows_of(task, workspace) for task in tasks}
    identity = Manifest(
        kind="sft",
        version=file_digest(Path(__file__)),
        files={},
        parents={name: manifest.digest for name, manifest in rows.items()},
        settings={
            "format": shape,
            "max_repeats": MAX_REPEATS,
            "templates": {task.name: digest(task.template) for task in tasks},
        },
    )
    made = up_to_date(folder, identity)
    if made is not None:
        return made
    (folder / MANIFEST).unlink(missing_ok=True)
    counts: dict[str, Any] = {}
    for split in SPLITS:
        available = {name: int(manifest.counts["rows"][split]) for name, manifest in rows.items()}
        with whole_file(folder / f"{split}.jsonl") as file:
            lines = Lines(file)
            for pair in _mixed(tasks, workspace, split, available):
                lines.write(orjson.dumps(_as_chat(pair) if shape == "chat" else pair))
                report_progress(lines=lines.count)
        counts[split] = lines.count
    files = digest_files(folder, [f"{split}.jsonl" for split in SPLITS])
    manifest = identity.model_copy(update={"files": files, "counts": counts})
    write_manifest(folder, manifest)
    return manifest


def _rows_of(task: Task[Any], workspace: Workspace) -> Manifest:
    try:
        return read_manifest(workspace.tasks / task.name)
    except BadData:
        raise BadInput(f"no rows of task {task.name} are prepared", str(workspace.tasks), "Run cap-rlvr prep") from None


def _mixed(
    tasks: Sequence[Task[Any]], workspace: Workspace, split: str, available: dict[str, int]
) -> Iterator[dict[str, Any]]:
    """The tasks' pairs, balanced in train, each task spread evenly from beginning to end."""
    largest = max(available.values(), default=0)
    repeats = MAX_REPEATS if split == "train" else 1
    streams = (_placed(task, workspace, split, min(largest, repeats * available[task.name])) for task in tasks)
    return (pair for _, _, pair in heapq.merge(*streams, key=lambda placed: placed[:2]))


def _placed(
    task: Task[Any], workspace: Workspace, split: str, wanted: int
) -> Iterator[tuple[float, str, dict[str, Any]]]:
    passes = chain.from_iterable(_pairs(task, workspace, split) for _ in range(MAX_REPEATS))
    for place, (pair, _) in enumerate(islice(passes, wanted)):
        yield (place + keyed_unit("mix", place, pair["row_id"])) / wanted, task.name, pair


def _pairs(task: Task[Any], workspace: Workspace, split: str) -> Iterator[tuple[dict[str, Any], str]]:
    with (workspace.tasks / task.name / f"{split}.jsonl").open("rb") as lines:
        for line in lines:
            row = Row.model_validate(orjson.loads(line))
            gold = task.gold(task.read_truth(row.truth))
            pair = {"prompt": task.prompt(row.inputs), "completion": gold, "task": task.name, "row_id": row.id}
            yield pair, row.source_kind.value


def _as_chat(pair: dict[str, Any]) -> dict[str, Any]:
    turns = [{"role": "user", "content": pair["prompt"]}, {"role": "assistant", "content": pair["completion"]}]
    return {"messages": turns, "task": pair["task"], "row_id": pair["row_id"]}

"""The rows that rewards are tried on: a workspace's prepared rows, or some made on the spot from fiction."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from cap_rlvr import registry
from cap_rlvr.corpus import read_cases
from cap_rlvr.task import Task
from cap_rlvr.wire.case import Case, SourceKind
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.frozen import keyed_order
from cap_rlvr.wire.rows import SPLITS, Candidate, Row
from cap_rlvr.wire.splits import split_of
from cap_rlvr.wire.workspace import Workspace

SCOPES = ("pooled", "real", "synthetic")


@dataclass(frozen=True)
class Example:
    """A row with its truth read. ``source`` is `real` or `synthetic`."""

    row: Row
    truth: Any
    source: str


def prepared(task: Task[Any], workspace: Path) -> list[Example]:
    """All rows of a task in a workspace, none where it has none. Raises BadData with file and line for a broken one."""
    rows: list[Row] = []
    for split in SPLITS:
        path = Workspace(workspace).tasks / task.name / f"{split}.jsonl"
        if not path.exists():
            continue
        with path.open("rb") as file:
            for number, text in enumerate(file, 1):
                try:
                    rows.append(Row.model_validate(orjson.loads(text)))
                except ValueError:
                    raise BadData("this line is no row", f"{path}:{number}", "Prepare this task again") from None
    return _examples(task, rows)


def invented(
    tasks: Sequence[Task[Any]], cases: int, enough: int, seed: int, done: Callable[[str], None]
) -> dict[str, list[Example]]:
    """Rows of fiction, made as prep makes them; ``done`` is told of each step.

    A third of the cases is tried first, and the others only by a task that it gives fewer than ``enough`` rows.
    """
    from cap_rlvr.corpus.synthetic import write_corpus

    with tempfile.TemporaryDirectory(prefix="cap-rlvr-quality-") as folder:
        source = write_corpus(Path(folder) / "corpus", cases, seed)
        broken: list[BadData] = []
        found = list(read_cases(source, broken.append))
    done(f"{len(found)} synthetic cases")
    made: dict[str, list[Example]] = {}
    for task in tasks:
        made[task.name] = assembled(task, found[: -(-cases // 3)], str(seed))
        if len(made[task.name]) < enough:
            made[task.name] = assembled(task, found, str(seed))
        done(f"{len(made[task.name])} rows of {task.name}")
    return made


def assembled(task: Task[Any], cases: Iterable[Case], seed: str) -> list[Example]:
    """The rows that cases give, split by case. Rows whose gold falls short of the ceiling are in no prepared set."""
    blocks: dict[str, list[Candidate]] = defaultdict(list)
    for case in cases:
        for offer in task.find(case):
            if isinstance(offer, Candidate):
                blocks[offer.block].append(offer)
    ordered = [sorted(blocks[name], key=lambda one: (one.case_id, one.kind, one.order)) for name in sorted(blocks)]
    rows = [one for one in task.assemble(ordered, seed) if isinstance(one, Row)]
    return _examples(task, [row.model_copy(update={"split": row.split or split_of(row.case_id, seed)}) for row in rows])


def choose(examples: Sequence[Example], most: int, seed: str) -> list[Example]:
    """At most so many examples of each source, by a keyed draw that does not depend on their order."""
    chosen: list[Example] = []
    for source in SCOPES[1:]:
        own = {one.row.id: one for one in examples if one.source == source}
        chosen += [own[name] for name in keyed_order(sorted(own), "quality", seed)[:most]]
    return chosen


def scopes(examples: Sequence[Example]) -> tuple[str, ...]:
    """Pooled, and each source apart where both are there."""
    return SCOPES if len({one.source for one in examples}) > 1 else SCOPES[:1]


def tasks_named(names: str) -> list[Task[Any]]:
    """Tasks by names with commas between, or all. Raises BadInput for an unknown one."""
    chosen = registry.names() if names == "all" else tuple(dict.fromkeys(one.strip() for one in names.split(",")))
    if not chosen:
        raise BadInput("no task was named", "--task", f"Choose from: {', '.join(registry.names())}")
    return [registry.get(name) for name in chosen]


def _examples(task: Task[Any], rows: Iterable[Row]) -> list[Example]:
    return [
        Example(row, _truth(task, row), "synthetic" if row.source_kind is SourceKind.SYNTHETIC else "real")
        for row in rows
    ]


def _truth(task: Task[Any], row: Row) -> Any:
    try:
        return task.read_truth(row.truth)
    except BadInput as error:
        raise BadData(f"{error.where}: {error.message}", row.id, "Prepare this task again") from None

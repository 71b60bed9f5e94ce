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

Blocks = defaultdict[str, list[Candidate]]
_SHARES = (8, 3, 1)
_NEXT_TO_NOTHING = 0.25  # of enough
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
    return examples_of(task, rows)


def invented(
    tasks: Sequence[Task[Any]], cases: int, enough: int, seed: int, done: Callable[[str], None]
) -> dict[str, list[Example]]:
    """Rows of fiction, made as prep makes them; ``done`` is told of each step.

    A task reads cases until they give it ``enough`` rows: an eighth, a third, all. The third is left out by a task that
    finds next to nothing in an eighth.
    """
    from cap_rlvr.corpus.synthetic import write_corpus

    with tempfile.TemporaryDirectory(prefix="cap-rlvr-quality-") as folder:
        source = write_corpus(Path(folder) / "corpus", cases, seed)
        broken: list[BadData] = []
        found = list(read_cases(source, broken.append))
    done(f"{len(found)} synthetic cases")
    made: dict[str, list[Example]] = {}
    for task in tasks:
        blocks: Blocks = defaultdict(list)
        made[task.name] = []
        read = 0
        for share in _SHARES:
            near = len(made[task.name]) / enough
            if share == _SHARES[0] or _NEXT_TO_NOTHING <= near < 1 or (share == 1 and near < 1):
                upto = -(-cases // share)
                _find(task, found[read:upto], blocks)
                made[task.name], read = _assemble(task, blocks, str(seed)), upto
        done(f"{len(made[task.name])} rows of {task.name}")
    return made


def _find(task: Task[Any], cases: Iterable[Case], blocks: Blocks) -> None:
    for case in cases:
        for offer in task.find(case):
            if isinstance(offer, Candidate):
                blocks[offer.block].append(offer)


def _assemble(task: Task[Any], blocks: Blocks, seed: str) -> list[Example]:
    """Rows split by case. Those whose gold falls short of the ceiling are in no prepared set."""
    ordered = [sorted(blocks[name], key=lambda one: (one.case_id, one.kind, one.order)) for name in sorted(blocks)]
    rows = [one for one in task.assemble(ordered, seed) if isinstance(one, Row)]
    return examples_of(
        task, [row.model_copy(update={"split": row.split or split_of(row.case_id, seed)}) for row in rows]
    )


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


def examples_of(task: Task[Any], rows: Iterable[Row]) -> list[Example]:
    """Rows with their truths read. Raises BadData for a row that its task does not understand."""
    return [
        Example(row, _truth(task, row), "synthetic" if row.source_kind is SourceKind.SYNTHETIC else "real")
        for row in rows
    ]


def _truth(task: Task[Any], row: Row) -> Any:
    try:
        return task.read_truth(row.truth)
    except BadInput as error:
        raise BadData(f"{error.where}: {error.message}", row.id, "Prepare this task again") from None

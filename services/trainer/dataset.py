"""The prepared rows of a workspace, as the trainer and the evaluation use them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from cap_rlvr import registry
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.errors import BadData, BadInput
from cap_rlvr.wire.jobs import Phase, RowsConfig
from cap_rlvr.wire.rows import Row, Split
from cap_rlvr.wire.workspace import Workspace


@dataclass(frozen=True)
class Question:
    """A row with the question that its task's template makes of it."""

    row: Row
    prompt: str


@dataclass(frozen=True)
class SftRow:
    """One line of a supervised set."""

    prompt: str
    completion: str
    task: str


def tasks_of(workspace: Workspace, wanted: Sequence[str]) -> tuple[str, ...]:
    """The tasks to work on: those wanted, or all that have prepared rows. Raises BadInput where there are none."""
    found = tuple(name for name in registry.names() if (workspace.tasks / name / "train.jsonl").is_file())
    if not wanted or tuple(wanted) == ("all",):
        if not found:
            raise BadInput("no prepared rows", str(workspace.tasks), "Run cap-rlvr prep first")
        return found
    for name in wanted:
        registry.get(name)
        if name not in found:
            raise BadInput(f"no prepared rows of task {name}", str(workspace.tasks / name), "Run cap-rlvr prep first")
    return tuple(sorted(set(wanted)))


def training_questions(workspace: Workspace, task: str, wanted: RowsConfig, phase: Phase) -> list[Question]:
    """The rows of a task that train in a phase: none held back for evaluation, of another phase or an unwanted kind."""
    rows = [one for one in questions(workspace, task, "train") if not one.row.evaluation_only]
    wide = [one for one in rows if wanted.takes(task, one.row.kind)]
    mixed = any(one.row.source_kind != SourceKind.SYNTHETIC for one in wide)
    chosen = [
        one for one in wide if phase in wanted.phases(one.row.id, mixed and one.row.source_kind == SourceKind.SYNTHETIC)
    ]
    if not chosen:
        kinds = sorted({one.row.kind for one in rows})
        raise BadInput(
            f"no training rows of {task}, of which there are the kinds {', '.join(kinds) or 'none'}",
            str(workspace.tasks / task),
            "Prepare more cases, or name other kinds in rows.kinds",
        )
    return chosen


def questions(workspace: Workspace, task: str, split: Split) -> list[Question]:
    """A split's rows in file order."""
    path = workspace.tasks / task / f"{split}.jsonl"
    template = registry.get(task)
    rows: list[Question] = []
    for number, line in _lines(path):
        try:
            row = Row.model_validate_json(line)
        except ValidationError as error:
            raise BadData(f"not a row ({error.error_count()} errors)", f"{path}:{number}", "Prepare again") from None
        rows.append(Question(row, template.prompt(row.inputs)))
    return rows


def sft_rows(workspace: Workspace, tasks: Sequence[str], wanted: RowsConfig) -> list[SftRow]:
    """The unified supervised set, each wanted row once: so the rows do not depend on how large other tasks are.

    Raises BadInput where the set is absent or has none of them.
    """
    path = workspace.sft / "unified" / "train.jsonl"
    ids = {one.row.id for task in tasks for one in training_questions(workspace, task, wanted, "sft")}
    rows: list[SftRow] = []
    for number, line in _lines(path):
        try:
            data = json.loads(line)
            row = SftRow(str(data["prompt"]), str(data["completion"]), str(data["task"]))
        except (ValueError, KeyError) as error:
            raise BadData(f"not a supervised row ({error!r})", f"{path}:{number}", "Prepare again") from None
        if data.get("row_id") in ids:
            ids.remove(data["row_id"])  # the set repeats the rows of small tasks; here the sampler balances tasks
            rows.append(row)
    if not rows:
        raise BadInput(f"no supervised rows of {', '.join(tasks)}", str(path), "Run cap-rlvr prep first")
    return rows


def _lines(path: Path) -> Iterable[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from ((number, line) for number, line in enumerate(file, start=1) if line.strip())
    except FileNotFoundError:
        raise BadInput("no such file", str(path), "Run cap-rlvr prep first") from None

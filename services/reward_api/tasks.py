"""What `/tasks` tells: enough to build a prompt, read the ground truth's schema and know which scorer answers."""

from __future__ import annotations

from typing import Any, Literal

from cap_rlvr import answer
from cap_rlvr.task import Task
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.frozen import Frozen
from cap_rlvr.wire.rows import Row, Split
from cap_rlvr.wire.scoring import CorpusId, RewardItem, ScorerId
from services.reward_api.examples import Examples, Page
from services.reward_api.scoring_worker import TaskRegistry


class TaskSummary(Frozen):
    """One task. ``rows`` counts prepared examples by split; ``fault`` says why example ids can't be used."""

    name: str
    title: str
    scorer: ScorerId
    tags_required: bool
    ceiling: float
    rows: dict[Split, int]
    fault: str | None = None


class TaskDetail(TaskSummary):
    """``item`` is a request that scores the ceiling; ``answer_convention`` is how a completion is read."""

    prompt_template: str
    answer_convention: str
    ground_truth_schema: dict[str, Any]
    item: RewardItem


class TaskList(Frozen):
    tasks: list[TaskSummary]
    corpus: CorpusId | None


class Example(Frozen):
    """A row without its gold. ``kind`` and ``difficulty``, which may tell of it, are null in a closed split."""

    id: str
    task: str
    split: Split
    prompt: str
    source_kind: SourceKind
    kind: str | None
    difficulty: float | None


class ExamplePage(Frozen):
    """Pass ``next_cursor`` back to go on; it is null after the last row."""

    examples: list[Example]
    next_cursor: str | None
    corpus: CorpusId | None


class TaskState(Frozen):
    """``scorer`` says whether inline ground truth can be judged, ``examples`` whether example ids can."""

    scorer: Literal["ready", "broken"]
    examples: Literal["ready", "missing"]
    detail: str = ""


class Readiness(Frozen):
    """``degraded`` says in a sentence each what works less well than it should: quotas, keys, the audit log."""

    ready: bool
    scoring_processes: int
    tasks: dict[str, TaskState]
    degraded: dict[str, str] = {}


def summary(registry: TaskRegistry, examples: Examples, name: str) -> TaskSummary:
    """One line of the list."""
    task = registry.get(name)
    rows = examples.index(name)
    return TaskSummary(
        name=name,
        title=task.title,
        scorer=registry.scorer_id(name),
        tags_required=task.tags_required,
        ceiling=task.ceiling,
        rows=rows.counts if rows else {},
        fault=examples.faults.get(name),
    )


def detail(registry: TaskRegistry, examples: Examples, name: str) -> TaskDetail:
    """All about one task."""
    task = registry.get(name)
    return TaskDetail(
        **summary(registry, examples, name).model_dump(),
        prompt_template=task.template,
        answer_convention=(answer.__doc__ or "").strip(),
        ground_truth_schema=task.truth.model_json_schema(),
        item=sample(task),
    )


def sample(task: Task[Any]) -> RewardItem:
    """A request's item that scores the task's ceiling."""
    gold = task.gold(task.read_truth(task.example))
    return RewardItem(task=task.name, completion=gold, ground_truth=task.example)


def example_page(registry: TaskRegistry, name: str, page: Page, split: Split, corpus: CorpusId | None) -> ExamplePage:
    """Rows as anyone may see them."""
    prompt = registry.get(name).prompt

    def shown(row: Row) -> Example:
        return Example(
            id=row.id,
            task=name,
            split=split,
            prompt=prompt(row.inputs),
            source_kind=row.source_kind,
            kind=None if page.closed else row.kind,
            difficulty=None if page.closed else row.difficulty,
        )

    return ExamplePage(examples=[shown(row) for row in page.rows], next_cursor=page.next_cursor, corpus=corpus)


def readiness(names: tuple[str, ...], examples: Examples, alive: int, broken: dict[str, str]) -> Readiness:
    """Ready when a scoring process is; each task says for itself what it can do."""
    tasks = {
        name: TaskState(
            scorer="broken" if name in broken else "ready",
            examples="ready" if examples.index(name) else "missing",
            detail=broken.get(name, "") or examples.faults.get(name, ""),
        )
        for name in names
    }
    return Readiness(ready=alive > 0, scoring_processes=alive, tasks=tasks)

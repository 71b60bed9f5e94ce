"""The figures of a run: everything in `report.json`, and nothing that its files don't hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from cap_rlvr.report.intervals import mean_interval, paired_interval
from cap_rlvr.report.records import read_lines, read_run
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.frozen import Frozen
from cap_rlvr.wire.jobs import RowsConfig
from cap_rlvr.wire.runs import NOT_ASKED, STAGES, EvalRecord, StepRecord


class StageFigures(Frozen):
    """One task under one stage's policy. ``mean`` and ``ci95`` are of the reward; ``strict`` and ``parse_rate`` shares.

    ``n`` rows are judged, ``real`` of them not fiction; ``not_asked`` are those whose prompt is longer than the model's
    context.
    """

    mean: float
    ci95: tuple[float, float]
    n: int
    strict: float
    parse_rate: float
    unjudged: int
    truncated: float
    not_asked: int = 0
    real: int = 0


class Gain(Frozen):
    """After GRPO less after SFT, on the same rows. ``moved``: the interval of strict accuracy excludes 0."""

    strict: float
    ci95: tuple[float, float]
    reward: float
    reward_ci95: tuple[float, float]
    n: int
    moved: bool


class KindFigures(Frozen):
    """One kind of a task's questions: by stage its rows and the share answered right in every part.

    ``trained``: such rows are among those that train.
    """

    trained: bool
    n: dict[str, int]
    strict: dict[str, float]


class TaskFigures(Frozen):
    """A task's figures by stage; None where the stage was not evaluated."""

    before_sft: StageFigures | None = None
    after_sft: StageFigures | None = None
    after_grpo: StageFigures | None = None
    grpo_gain: Gain | None = None
    kinds: dict[str, KindFigures] = {}


class Report(Frozen):
    """`report.json`."""

    run: str
    source: str
    source_kinds: tuple[str, ...]
    model: str
    tasks: dict[str, TaskFigures]
    timings: dict[str, Any]
    training: dict[str, Any]
    yields: list[dict[str, Any]]
    lineage: dict[str, str]
    machine: dict[str, Any]
    config: dict[str, Any]


def summarise(folder: Path) -> Report:
    """Read a run's folder and compute its figures. Raises BadInput where there is no run, BadData where a file is broken."""
    run = read_run(folder)
    steps = surviving(read_lines(folder / "steps.jsonl", StepRecord))
    config = RowsConfig.model_validate(run.config.get("rows", {}))
    by_stage = {stage: read_lines(folder / "eval" / f"{stage}.jsonl", EvalRecord) for stage in STAGES}
    return Report(
        run=run.id,
        source=run.source,
        source_kinds=run.source_kinds,
        model=run.model,
        tasks={task: _task_figures(task, by_stage, config) for task in run.tasks},
        timings={
            "phases": {phase.name: round(phase.seconds, 1) for phase in run.phases},
            "total": round(sum(phase.seconds for phase in run.phases), 1),
            "step": step_times(steps),
        },
        training=_training(steps),
        yields=run.yields,
        lineage=run.lineage,
        machine=run.machine,
        config=run.config,
    )


def surviving(steps: Sequence[StepRecord]) -> list[StepRecord]:
    """The steps that led to the final policy: of each step number the last record that a resume did not void, in order."""
    return [step for _, step in sorted({step.step: step for step in steps if not step.superseded}.items())]


def step_times(steps: Sequence[StepRecord]) -> dict[str, float]:
    """Median seconds of a GRPO step by what it waited for."""
    if not steps:
        return {}
    names = ("queue", "generation", "reward", "sync", "optimiser", "total")
    return {name: round(median(getattr(step.seconds, name) for step in steps), 3) for name in names}


def _task_figures(task: str, by_stage: dict[str, list[EvalRecord]], config: RowsConfig) -> TaskFigures:
    rows = {stage: [record for record in records if record.task == task] for stage, records in by_stage.items()}
    figures = {stage: _stage_figures(records) for stage, records in rows.items() if records}
    gain = _gain(rows["after_sft"], rows["after_grpo"])
    asked = {
        stage: [record for record in records if record.finish_reason != NOT_ASKED] for stage, records in rows.items()
    }
    return TaskFigures.model_validate({**figures, "grpo_gain": gain, "kinds": _kinds(task, asked, config)})


def _kinds(task: str, by_stage: dict[str, list[EvalRecord]], config: RowsConfig) -> dict[str, KindFigures]:
    found: dict[str, KindFigures] = {}
    for kind in sorted({record.kind for records in by_stage.values() for record in records}):
        of_kind = {stage: [record for record in records if record.kind == kind] for stage, records in by_stage.items()}
        found[kind] = KindFigures(
            trained=config.takes(task, kind),
            n={stage: len(records) for stage, records in of_kind.items() if records},
            strict={
                stage: _share(one.strict is True for one in records) for stage, records in of_kind.items() if records
            },
        )
    return found


def _stage_figures(records: Sequence[EvalRecord]) -> StageFigures:
    asked = [record for record in records if record.finish_reason != NOT_ASKED]
    judged = [record for record in asked if record.reward is not None]
    mean, interval = mean_interval([record.reward or 0.0 for record in judged])
    return StageFigures(
        mean=mean,
        ci95=interval,
        n=len(judged),
        strict=_share(record.strict is True for record in judged),
        parse_rate=_share(record.parse_mode not in {None, "none"} for record in judged),
        unjudged=len(asked) - len(judged),
        truncated=_share(record.finish_reason == "length" for record in asked),
        not_asked=len(records) - len(asked),
        real=sum(record.source_kind is not SourceKind.SYNTHETIC for record in judged),
    )


def _gain(before: Sequence[EvalRecord], after: Sequence[EvalRecord]) -> Gain | None:
    early = {record.row_id: record for record in before if record.reward is not None}
    late = {record.row_id: record for record in after if record.reward is not None}
    both = sorted(early.keys() & late.keys())
    if not both:
        return None
    strict, interval = paired_interval(
        [float(early[row].strict or 0) for row in both], [float(late[row].strict or 0) for row in both]
    )
    reward, reward_interval = paired_interval(
        [early[row].reward or 0.0 for row in both], [late[row].reward or 0.0 for row in both]
    )
    moved = interval[0] > 0 or interval[1] < 0
    return Gain(strict=strict, ci95=interval, reward=reward, reward_ci95=reward_interval, n=len(both), moved=moved)


def _training(steps: Sequence[StepRecord]) -> dict[str, Any]:
    groups: Counter[str] = Counter()
    for step in steps:
        groups.update(step.groups_by_worker)
    ids = [request for step in steps for request in step.request_ids]
    return {
        "steps": len(steps),
        "groups": len(ids),
        "groups_twice": len(ids) - len(set(ids)),
        "groups_by_worker": dict(sorted(groups.items())),
        "rows": sum(step.rows for step in steps),
        "null_rows": sum(step.null_rows for step in steps),
        "dropped_groups": sum(step.dropped_groups for step in steps),
        "logprob_gap_max": max((step.logprob_gap for step in steps), default=0.0),
    }


def _share(flags: Iterable[bool]) -> float:
    values = list(flags)
    return sum(values) / len(values) if values else 0.0

"""`report.html` and `report.json` from a run's folder: self-contained, made again at any time."""

from __future__ import annotations

import json
from pathlib import Path

from cap_rlvr.report import plots
from cap_rlvr.report.intervals import RESAMPLES
from cap_rlvr.report.records import read_lines
from cap_rlvr.report.summary import Report, summarise, surviving
from cap_rlvr.wire.files import write_whole
from cap_rlvr.wire.frozen import keyed_order
from cap_rlvr.wire.runs import NOT_ASKED, STAGES, EvalRecord, EventRecord, RolloutRecord, SftRecord, StepRecord

EXAMPLES = 12
ROLLOUTS = 12


def write_report(folder: Path) -> Path:
    """Write `report.json` and `report.html` into a run's folder; returns the page's path. Raises BadData."""
    report = summarise(folder)
    write_whole(folder / "report.json", report.model_dump_json(indent=2) + "\n")
    write_whole(folder / "report.html", render(folder, report))
    return folder / "report.html"


def render(folder: Path, report: Report) -> str:
    """The page as one string of HTML without outside references."""
    from jinja2 import Environment, PackageLoader, StrictUndefined
    from markupsafe import Markup

    steps = surviving(read_lines(folder / "steps.jsonl", StepRecord))
    curves = [plots.reward_curve(steps), plots.time_curve(steps), plots.health_curve(steps)] if steps else []
    if warm := read_lines(folder / "sft.jsonl", SftRecord):
        curves.append(plots.loss_curve(list({record.step: record for record in warm}.values())))  # each step's last
    pages = Environment(loader=PackageLoader("cap_rlvr.report", "."), autoescape=True, undefined=StrictUndefined)
    return pages.get_template("page.html.j2").render(
        report=report,
        stages=STAGES,
        resamples=RESAMPLES,
        curves=[Markup(curve) for curve in curves],  # noqa: S704  (our own SVG: no outside text in it)
        examples=_examples(folder),
        rollouts=_sampled(read_lines(folder / "rollouts.jsonl", RolloutRecord)),
        events=read_lines(folder / "events.jsonl", EventRecord),
        yield_columns=list(dict.fromkeys(name for line in report.yields for name in line)),
        settings=json.dumps({"config": report.config, "machine": report.machine}, indent=2),
        number=_number,
        points=_points,
    )


def _examples(folder: Path) -> list[tuple[EvalRecord, EvalRecord]]:
    before, after = (
        {
            record.row_id: record
            for record in read_lines(folder / "eval" / f"{stage}.jsonl", EvalRecord)
            if record.finish_reason != NOT_ASKED
        }
        for stage in ("after_sft", "after_grpo")
    )
    both = keyed_order(sorted(before.keys() & after.keys()), "examples")
    changed = [row for row in both if before[row].reward != after[row].reward]
    same = [row for row in both if before[row].reward == after[row].reward]
    chosen = [*changed[: EXAMPLES * 2 // 3], *same]
    return [(before[row], after[row]) for row in chosen[:EXAMPLES]]


def _number(reward: float | None) -> str:
    return "not judged" if reward is None else f"{reward:.2f}"


def _points(share: float) -> str:
    return f"{100 * share:.1f}"


def _sampled(rollouts: list[RolloutRecord]) -> list[RolloutRecord]:
    stride = max(1, len(rollouts) // ROLLOUTS)
    return rollouts[::stride][:ROLLOUTS]

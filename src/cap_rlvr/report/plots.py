"""The report's curves as inline SVG."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

from cap_rlvr.wire.runs import SftRecord, StepRecord

COLOURS = ("#2f5d8a", "#b8632b", "#3f7d58", "#7a4b8c", "#8a7a2f", "#55606b")
WINDOW = 5  # steps in the moving mean that is drawn over the points


def reward_curve(steps: Sequence[StepRecord]) -> str:
    """Mean training reward per step and task, points and a moving mean."""

    def draw(axes: Any) -> None:
        for colour, task in zip(COLOURS, _tasks(steps), strict=False):
            points = [(step.step, step.reward_by_task[task]) for step in steps if task in step.reward_by_task]
            xs, ys = [x for x, _ in points], [y for _, y in points]
            axes.plot(xs, ys, ".", color=colour, alpha=0.35, markersize=4)
            axes.plot(xs, _moving_mean(ys), color=colour, label=task, linewidth=1.8)
        axes.set_ylim(-0.02, 1.02)
        axes.legend(frameon=False)

    return _figure("Training reward by task", "GRPO step", "mean reward", draw)


def loss_curve(records: Sequence[SftRecord]) -> str:
    """Warm-start loss in nats a token, on a log scale."""

    def draw(axes: Any) -> None:
        axes.plot([record.step for record in records], [record.loss for record in records], color=COLOURS[0])
        axes.set_yscale("log")

    return _figure("Warm-start loss", "SFT step", "nats a token", draw)


def time_curve(steps: Sequence[StepRecord]) -> str:
    """Seconds of each step, stacked by what it waited for."""

    def draw(axes: Any) -> None:
        names = ("queue", "generation", "reward", "sync", "optimiser")
        series = [[getattr(step.seconds, name) for step in steps] for name in names]
        axes.stackplot([step.step for step in steps], series, labels=names, colors=COLOURS[:5], alpha=0.85)
        axes.legend(frameon=False, ncol=3, fontsize=8)

    return _figure("Where a step's time goes", "GRPO step", "seconds", draw)


def health_curve(steps: Sequence[StepRecord]) -> str:
    """Shares that say whether the run learns: zero-variance groups, truncated completions, null rows."""

    def draw(axes: Any) -> None:
        xs = [step.step for step in steps]
        axes.plot(xs, [step.zero_variance_share for step in steps], color=COLOURS[0], label="groups without spread")
        axes.plot(xs, [step.truncated_share for step in steps], color=COLOURS[1], label="cut by length")
        axes.plot(xs, [step.null_rows / max(1, step.rows) for step in steps], color=COLOURS[2], label="not judged")
        axes.set_ylim(-0.02, 1.02)
        axes.legend(frameon=False)

    return _figure("Health of the groups", "GRPO step", "share", draw)


def _figure(title: str, across: str, up: str, draw: Callable[[Any], None]) -> str:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": title, "font.family": "sans-serif", "font.size": 9}):
        figure = Figure(figsize=(5.6, 2.9), layout="constrained")
        axes = figure.subplots()
        axes.set_title(title, loc="left", fontsize=10)
        axes.set_xlabel(across)
        axes.set_ylabel(up)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.25)
        draw(axes)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    text = buffer.getvalue()
    return text[text.index("<svg") :]


def _tasks(steps: Sequence[StepRecord]) -> list[str]:
    return sorted({task for step in steps for task in step.reward_by_task})


def _moving_mean(values: Sequence[float]) -> list[float]:
    return [
        sum(values[max(0, i - WINDOW + 1) : i + 1]) / len(values[max(0, i - WINDOW + 1) : i + 1])
        for i in range(len(values))
    ]

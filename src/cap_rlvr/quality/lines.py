"""The table's lines: what each is held to, and how a measured value becomes q and the smallest q becomes RQ.

    q = max(0, 1 - .03 |value - ideal| / |bar - ideal|), 1 where the value is better than ideal
    q is 1 or 0 for a gate, and where bar and ideal are one

RQ is the smallest q over tasks and lines, so RQ >= .97 exactly when every measured line holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from cap_rlvr import registry
from cap_rlvr.wire.frozen import Frozen

HELD = 0.97
_LOSS_AT_BAR = 0.03
_SLACK = 1e-9  # of sums of floats

Name = Literal[
    "ceiling", "junk_mean", "junk_p99", "false_accepts", "false_rejects", "auc", "auc_worst", "chains",
    "constant", "surface", "determinism", "cost_p99", "cost_worst",
]  # fmt: skip
TITLES: dict[Name, str] = {
    "ceiling": "mean on canonical gold",
    "junk_mean": "junk, mean",
    "junk_p99": "junk, 99th percentile",
    "false_accepts": "attacks above their limit",
    "false_rejects": "honest forms refused",
    "auc": "AUC, gold against corrupted",
    "auc_worst": "AUC, worst corruption",
    "chains": "chains that never rise",
    "constant": "best constant answer",
    "surface": "surface probes above chance",
    "determinism": "scores that differ",
    "cost_p99": "ms of CPU, 99th percentile",
    "cost_worst": "ms of CPU, worst attack",
}


@dataclass(frozen=True)
class Bar:
    """What a value is held to. The better direction is from ``bar`` to ``ideal``; ``gate``: hold or not, nothing between."""

    bar: float
    ideal: float
    gate: bool = False


_BARS: dict[Name, Bar] = {
    "ceiling": Bar(1.0, 1.0),
    "junk_mean": Bar(0.02, 0.0),
    "junk_p99": Bar(0.05, 0.0),
    "false_accepts": Bar(0.0, 0.0),
    "false_rejects": Bar(0.01, 0.0),
    "auc": Bar(0.99, 1.0),
    "auc_worst": Bar(0.95, 1.0),
    "chains": Bar(1.0, 1.0),
    "constant": Bar(0.05, 0.0),
    "surface": Bar(0.08, 0.0),
    "determinism": Bar(0.0, 0.0),
    "cost_p99": Bar(5.0, 0.0, gate=True),
    "cost_worst": Bar(50.0, 0.0, gate=True),
}
# The specification's exceptions. The ceiling and what a constant may earn are declared by the task itself.
_OWN: dict[tuple[str, Name], Bar] = {
    ("summarise", "chains"): Bar(0.98, 1.0),
    ("summarise", "cost_p99"): Bar(20.0, 0.0, gate=True),
    ("retrieval", "chains"): Bar(0.98, 1.0),
}


class Line(Frozen):
    """One cell of the table. ``value`` and ``q`` are None where it could not be measured, and ``note`` then says why.

    ``scope`` is `pooled`, `real` or `synthetic`; ``n`` counts what the value is a share or mean of; ``note`` names
    the offender.
    """

    task: str
    name: Name
    scope: str
    value: float | None
    bar: float
    ideal: float
    q: float | None
    n: int
    note: str = ""

    @property
    def held(self) -> bool:
        """Whether it was measured and holds: a line that was not measured is not held."""
        return self.q is not None and self.q >= HELD - _SLACK

    @property
    def title(self) -> str:
        return TITLES[self.name]


def bar_of(task: str, name: Name) -> Bar:
    """What a task is held to in a line."""
    if name in {"ceiling", "constant"} and task in registry.names():
        known = registry.get(task)
        return Bar(known.ceiling, 1.0) if name == "ceiling" else Bar(known.most_constant, known.chance)
    return _OWN.get((task, name), _BARS[name])


def quality(value: float, held_to: Bar) -> float:
    """Q of a measured value."""
    higher = held_to.bar < held_to.ideal
    if held_to.gate:
        return float(value <= held_to.bar)
    if held_to.bar == held_to.ideal:
        return float(abs(value - held_to.ideal) <= _SLACK)
    missed = held_to.ideal - value if higher else value - held_to.ideal
    return min(1.0, max(0.0, 1 - _LOSS_AT_BAR * missed / abs(held_to.bar - held_to.ideal)))


def line(task: str, name: Name, scope: str, value: float, n: int, note: str = "") -> Line:
    """A measured line."""
    held_to = bar_of(task, name)
    q = round(quality(value, held_to), 6)
    shown = round(value, 6)
    return Line(
        task=task, name=name, scope=scope, value=shown, bar=held_to.bar, ideal=held_to.ideal, q=q, n=n, note=note
    )


def unmeasured(task: str, name: Name, scope: str, n: int, why: str) -> Line:
    """A line that has too little to be measured on: never counted as held."""
    held_to = bar_of(task, name)
    return Line(
        task=task, name=name, scope=scope, value=None, bar=held_to.bar, ideal=held_to.ideal, q=None, n=n, note=why
    )


def weakest(lines: Iterable[Line], scope: str = "pooled") -> Line | None:
    """The measured line with the smallest q (the first of equals); None where nothing was measured."""
    return min(
        (one for one in lines if one.scope == scope and one.q is not None), key=lambda one: one.q or 0.0, default=None
    )

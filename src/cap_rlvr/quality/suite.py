"""The whole suite over some tasks and rows: judge, measure, repeat, attack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cap_rlvr import registry
from cap_rlvr.quality.attack import Tell, attack
from cap_rlvr.quality.constants import constant_lines
from cap_rlvr.quality.figures import ROWS, lines_of, untimed
from cap_rlvr.quality.judging import Judgement, judge
from cap_rlvr.quality.lines import Line
from cap_rlvr.quality.naive import naive_task
from cap_rlvr.quality.repeat import Subject, determinism_lines
from cap_rlvr.quality.results import Attacker, Suite
from cap_rlvr.quality.samples import Example, choose, scopes
from cap_rlvr.quality.surface import surface_line
from cap_rlvr.task import Task


@dataclass(frozen=True)
class Form:
    """How much is done. ``rows``: most rows of a source that all items are scored on; ``least``: how few still make a
    line; ``tried_on``: rows of a source that every constant is tried on; ``repeated``: rows scored again in every way;
    ``attempts`` of the search and ``steps`` of the learner for each task; ``cases`` to invent where there is no
    workspace, at most, so that each task has ``enough`` rows.
    """

    name: Literal["short", "default", "full"]
    rows: int
    least: int
    tried_on: int
    repeated: int
    attempts: int
    steps: int
    cases: int
    enough: int


# Short: each family on a few rows of fiction, enough to catch a change that opens a door; its RQ is no published one.
SHORT = Form("short", rows=8, least=8, tried_on=16, repeated=1, attempts=100, steps=10, cases=400, enough=45)
DEFAULT = Form(
    "default", rows=60, least=ROWS, tried_on=60, repeated=4, attempts=2_000, steps=150, cases=1_200, enough=200
)
FULL = Form(
    "full", rows=400, least=ROWS, tried_on=60, repeated=25, attempts=100_000, steps=400, cases=3_000, enough=400
)


def measure(  # noqa: PLR0913, PLR0917  (a run, and two ways to run it)
    examples: Mapping[str, Sequence[Example]],
    form: Form,
    origin: str,
    seed: str,
    tell: Tell,
    naive: bool = False,
    keep: Path | None = None,
) -> Suite:
    """Run it. ``examples`` are by task; ``tell(what, done, of)`` follows the work.

    ``naive``: the naive rewards in the scorers' place. ``keep``: see attack.py.
    """
    lines: list[Line] = []
    judgements: list[Judgement] = []
    attackers: list[Attacker] = []
    repeated: list[Subject] = []
    for name, own in examples.items():
        task = registry.get(name)
        if naive:
            task = naive_task(task)
        made, found = _measure_task(task, own, form, seed, tell)
        judgements.append(made)
        repeated.append(Subject(task, choose(own, form.repeated, seed), made))
        lines += found
        few = choose(own, form.rows, seed)
        attackers += attack(task, few, form.attempts, form.steps, seed, tell, keep)
    tell("determinism", 0, 1)
    lines += determinism_lines(repeated, seed, naive)
    return Suite(
        form=form.name,
        origin=origin,
        seed=seed,
        rows={name: _counts(own) for name, own in examples.items()},
        sets={made.task: made.digest for made in judgements},
        scorers={name: registry.scorer_id(name).sha256 for name in examples},
        lines=tuple(lines),
        offences=tuple(offence for made in judgements for offence in made.offences()),
        attackers=tuple(attackers),
    )


def _measure_task(
    task: Task[Any], examples: Sequence[Example], form: Form, seed: str, tell: Tell
) -> tuple[Judgement, list[Line]]:
    chosen = choose(examples, form.rows, seed)
    rows = 0

    def row_done() -> None:
        nonlocal rows
        rows += 1
        tell(f"{task.name}: probes", rows, len(chosen))

    made = judge(task, chosen, seed, row_done)
    texts = made.constants(len(chosen))
    tell(f"{task.name}: constants", 0, 1)
    constants = constant_lines(task, examples, texts, seed, form.tried_on)
    lines: list[Line] = []
    for scope in scopes(examples):
        own = lines_of(made, scope, form.least)
        lines += [*(untimed(own) if form.name == "short" else own), constants[scope]]
        surface = surface_line(task, examples, scope, seed)
        lines += [surface] if surface else []
    return made, lines


def _counts(examples: Sequence[Example]) -> dict[str, int]:
    return {source: sum(one.source == source for one in examples) for source in ("real", "synthetic")}

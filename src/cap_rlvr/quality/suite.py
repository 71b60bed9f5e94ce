"""The whole suite over some tasks and rows: judge, measure, repeat, attack."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from cap_rlvr import registry
from cap_rlvr.quality.adversaries import adversary_of
from cap_rlvr.quality.constants import constant_lines
from cap_rlvr.quality.figures import ROWS, lines_of
from cap_rlvr.quality.judging import Judgement, judge
from cap_rlvr.quality.learned import learn
from cap_rlvr.quality.lines import Line
from cap_rlvr.quality.naive import NAIVE, naive_task
from cap_rlvr.quality.repeat import determinism_line
from cap_rlvr.quality.results import Attacker, Suite
from cap_rlvr.quality.samples import Example, choose, scopes
from cap_rlvr.quality.search import search
from cap_rlvr.quality.surface import surface_line
from cap_rlvr.task import Task

Tell = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Form:
    """How much is done. ``rows``: most rows of a source that all items are scored on; ``least``: how few still make a
    line; ``repeated``: of them, scored again in every way; ``attempts`` of the search and ``steps`` of the learner for each task; ``cases`` to invent where
    there is no workspace, at most, so that each task has ``enough`` rows.
    """

    name: Literal["short", "default", "full"]
    rows: int
    least: int
    repeated: int
    attempts: int
    steps: int
    cases: int
    enough: int


# Short: each family on a few rows of fiction, enough to catch a change that opens a door; its RQ is no published one.
SHORT = Form("short", rows=8, least=8, repeated=1, attempts=100, steps=10, cases=400, enough=45)
DEFAULT = Form("default", rows=60, least=ROWS, repeated=4, attempts=2_000, steps=150, cases=1_200, enough=200)
FULL = Form("full", rows=400, least=ROWS, repeated=25, attempts=100_000, steps=400, cases=3_000, enough=400)


def measure(
    examples: Mapping[str, Sequence[Example]], form: Form, origin: str, seed: str, tell: Tell, naive: bool = False
) -> Suite:
    """Run it. ``examples`` are by task; ``tell(what, done, of)`` follows the work.

    ``naive``: the naive rewards in the scorers' place, for the tasks that have one.
    """
    if naive:
        examples = {name: own for name, own in examples.items() if name in NAIVE}
    lines: list[Line] = []
    judgements: list[Judgement] = []
    attackers: list[Attacker] = []
    for name, own in examples.items():
        task = registry.get(name)
        if naive:
            task = naive_task(task) or task
        made, found = _measure_task(task, own, form, seed, tell, naive)
        judgements.append(made)
        lines += found
        attackers += _attack(task, choose(own, form.rows, seed), form, seed, tell)
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
    task: Task[Any], examples: Sequence[Example], form: Form, seed: str, tell: Tell, naive: bool
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
    constants = constant_lines(task, examples, texts, seed)
    lines: list[Line] = []
    for scope in scopes(examples):
        lines += [*lines_of(made, scope, form.least), constants[scope]]
        surface = surface_line(task, examples, scope, seed)
        lines += [surface] if surface else []
    tell(f"{task.name}: determinism", 0, 1)
    few = choose(examples, form.repeated, seed)
    lines.append(determinism_line(task, few, seed, made, naive))
    return made, lines


def _attack(task: Task[Any], examples: Sequence[Example], form: Form, seed: str, tell: Tell) -> list[Attacker]:
    adversary = adversary_of(task) if examples else None
    if adversary is None:
        return []
    done = {"search": 0, "learner": 0}

    def follow(what: str, of: int) -> Callable[[int], None]:
        def step(count: int) -> None:
            done[what] += count
            tell(f"{task.name}: {what}", min(done[what], of), of)

        return step

    found: list[Attacker] = []
    if form.attempts:
        found.append(search(task, adversary, examples, form.attempts, seed, follow("search", form.attempts)))
    if form.steps:
        found.append(learn(task, adversary, examples, form.steps, seed, follow("learner", form.steps)))
    return found


def _counts(examples: Sequence[Example]) -> dict[str, int]:
    return {source: sum(one.source == source for one in examples) for source in ("real", "synthetic")}

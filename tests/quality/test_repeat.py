"""Determinism: a reward that follows hash order, the batch's order, or chance is caught; the real ones are bitwise the same."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from cap_rlvr import registry
from cap_rlvr.quality.judging import Judgement
from cap_rlvr.quality.lines import Line
from cap_rlvr.quality.naive import naive_task
from cap_rlvr.quality.repeat import Subject, determinism_lines
from cap_rlvr.quality.samples import Example
from cap_rlvr.task import Probe, Task
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.rows import Row


def row_of(name: str) -> list[Example]:
    task = registry.get(name)
    row = Row(
        id=f"{name}-1",
        case_id="case-1",
        task=name,
        split="train",
        inputs="The question.",
        source_kind=SourceKind.STATIC,
        truth=task.example,
    )
    return [Example(row, task.read_truth(task.example), "real")]


def line_of(task: Task[Any], made: Judgement, naive: bool = False) -> Line:
    return determinism_lines([Subject(task, row_of(task.name), made)], "7", naive)[0]


def test_a_right_scorer_gives_the_same_bits_in_processes_of_other_hash_seeds() -> None:
    task = registry.get("holding")
    found = line_of(task, Judgement("holding"))
    assert found.value == 0
    assert found.held
    assert found.n > 100


def test_a_reward_that_follows_hash_order_is_caught() -> None:
    task = naive_task(registry.get("entail"))
    made = Judgement("entail")
    found = line_of(task, made, naive=True)
    assert not found.held
    assert "hash seed" in found.note
    assert made.offences()[0].line == "determinism"


def test_a_reward_that_follows_the_order_of_calls_is_caught() -> None:
    task = registry.get("holding")
    calls = itertools.count()

    def counted(truth: object, completion: str) -> object:
        found = task.score(truth, completion)
        return found.model_copy(update={"reward": (next(calls) % 97) / 97})

    drifting = replace(task, score=counted)
    assert not line_of(drifting, Judgement("holding")).held


def test_probes_that_differ_from_process_to_process_are_caught() -> None:
    task = registry.get("holding")

    def more(truth: object) -> Iterator[Probe]:
        yield from task.probes.surface_forms(truth)
        yield Probe("here alone", "<answer>A</answer>", 0.0)

    drifting = replace(task, probes=replace(task.probes, surface_forms=more))
    assert not line_of(drifting, Judgement("holding")).held


def test_many_tasks_are_told_apart() -> None:
    tasks = [registry.get(name) for name in ("holding", "bluebook")]
    found = determinism_lines([Subject(one, row_of(one.name), Judgement(one.name)) for one in tasks], "7", naive=False)
    assert [(one.task, one.value) for one in found] == [("holding", 0), ("bluebook", 0)]

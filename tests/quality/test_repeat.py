"""Determinism: a reward that follows hash order, the batch's order, or chance is caught; the real ones are bitwise the same."""

import itertools

from cap_rlvr import registry
from cap_rlvr.quality.judging import Judgement
from cap_rlvr.quality.naive import naive_task
from cap_rlvr.quality.repeat import determinism_line
from cap_rlvr.quality.samples import Example
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


def test_a_right_scorer_gives_the_same_bits_in_processes_of_other_hash_seeds() -> None:
    task = registry.get("holding")
    found = determinism_line(task, row_of("holding"), "7", Judgement("holding"), naive=False)
    assert found.value == 0
    assert found.held
    assert found.n > 100


def test_a_reward_that_follows_hash_order_is_caught() -> None:
    task = naive_task(registry.get("entail"))
    assert task is not None
    made = Judgement("entail")
    found = determinism_line(task, row_of("entail"), "7", made, naive=True)
    assert not found.held
    assert "hash seed" in found.note
    assert made.offences()[0].line == "determinism"


def test_a_reward_that_follows_the_order_of_calls_is_caught() -> None:
    from dataclasses import replace

    task = registry.get("holding")
    calls = itertools.count()

    def counted(truth: object, completion: str) -> object:
        found = task.score(truth, completion)
        return found.model_copy(update={"reward": (next(calls) % 97) / 97})

    drifting = replace(task, score=counted)
    assert not determinism_line(drifting, row_of("holding"), "7", Judgement("holding"), naive=False).held

"""The naive rewards fail the suite that the real ones pass, on the very same items."""

import pytest
from echo_task import TASK

from cap_rlvr import registry
from cap_rlvr.quality.judging import judge
from cap_rlvr.quality.naive import NAIVE, naive_task
from cap_rlvr.quality.samples import Example
from cap_rlvr.wire.case import SourceKind
from cap_rlvr.wire.rows import Row


@pytest.mark.parametrize("name", sorted(NAIVE))
def test_a_naive_reward_pays_attacks_and_the_real_one_does_not(name: str) -> None:
    task = registry.get(name)
    row = Row(id="x", case_id="c", task=name, inputs="question", source_kind=SourceKind.STATIC, truth=task.example)
    rows = [Example(row, task.read_truth(task.example), "real")]
    naive = naive_task(task)

    def above(one: object) -> int:
        found = judge(one, rows, "7", lambda: None).of("pooled", "attack")
        return sum(item.reward > item.limit + 1e-6 for item in found)

    assert above(task) == 0
    assert above(naive) >= 5


def test_the_naive_rewards_keep_their_holes() -> None:
    holding = naive_task(registry.get("holding"))
    first = holding.read_truth({**holding.example, "answer_idx": 0})
    assert [holding.score(first, said).reward for said in ("", ".", "not A")] == [1.0, 1.0, 1.0]
    retrieval = naive_task(registry.get("retrieval"))
    truth = retrieval.read_truth(retrieval.example)
    assert retrieval.score(truth, "<answer>\nQ1\nQ2\nQ3\nQ4\n</answer>").reward > 0.8


def test_a_new_task_is_paid_for_its_gold_anywhere() -> None:
    naive, truth = naive_task(TASK), TASK.read_truth(TASK.example)
    said = (TASK.gold(truth), "Never was it WAIVER.", "estoppel or waiver", "estoppel", "")
    assert [naive.score(truth, one).reward for one in said] == [1, 1, 1, 0, 0]

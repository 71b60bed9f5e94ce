"""The schedule is sampler, look-ahead and resume at once, so it must be a pure function."""

from collections import Counter

import pytest

from cap_rlvr.wire.errors import BadInput
from services.trainer.schedule import PromptSchedule, ScheduleSampler, share_out

ROWS = {"bluebook": list(range(10)), "holding": list(range(10, 13))}


def schedule(seed: int = 0) -> PromptSchedule:
    return PromptSchedule(ROWS, {"bluebook": 3, "holding": 1}, seed)


def test_a_step_is_the_same_whoever_asks_and_in_whatever_order() -> None:
    forward = [schedule().rows(step) for step in range(20)]
    one = schedule()
    backward = [one.rows(step) for step in reversed(range(20))]
    assert forward == backward[::-1]


def test_each_row_comes_once_before_any_comes_twice() -> None:
    drawn = [row for step in range(10) for row in schedule().rows(step) if row < 10]
    assert Counter(drawn) == dict.fromkeys(range(10), 3)
    assert all(len(set(drawn[start : start + 10])) == 10 for start in range(0, 30, 10))


def test_epochs_and_seeds_have_orders_of_their_own() -> None:
    drawn = [row for step in range(10) for row in schedule().rows(step) if row < 10]
    assert len({tuple(drawn[start : start + 10]) for start in range(0, 30, 10)}) == 3
    assert schedule(0).rows(0) != schedule(1).rows(0)


def test_sampler_repeats_groups_and_blocks() -> None:
    sampler = ScheduleSampler(schedule(), steps=3, completions=2, repeats=2)
    drawn = list(sampler)
    assert len(drawn) == len(sampler) == 3 * 4 * 2 * 2
    assert drawn[:8] == [row for row in schedule().rows(0) for _ in range(2)]
    assert drawn[8:16] == drawn[:8]
    assert drawn[16:24] == [row for row in schedule().rows(1) for _ in range(2)]


def test_skipping_blocks_is_resuming() -> None:
    whole = list(ScheduleSampler(schedule(), steps=7, completions=2, repeats=1))
    assert whole[5 * 8 : 6 * 8] == [row for row in schedule().rows(5) for _ in range(2)]


@pytest.mark.parametrize(
    ("tasks", "wanted", "slots"),
    [
        (("bluebook", "holding"), {"holding": 1}, {"bluebook": 15, "holding": 1}),
        (("bluebook",), {"bluebook": 15, "holding": 1}, {"bluebook": 16}),
        (("a", "b", "c"), {}, {"a": 6, "b": 5, "c": 5}),
        (("a", "b"), {"a": 16}, {"a": 16, "b": 0}),
    ],
)
def test_prompts_are_shared_out(tasks: tuple[str, ...], wanted: dict[str, int], slots: dict[str, int]) -> None:
    assert share_out(16, tasks, wanted) == slots


def test_too_many_prompts_are_refused() -> None:
    with pytest.raises(BadInput, match="task_prompts"):
        share_out(16, ("a", "b"), {"a": 17})

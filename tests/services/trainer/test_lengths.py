"""Batches of like length, known ahead; buckets that put every row back in its place."""

import torch

from services.trainer.lengths import BatchSampler, length_buckets


def sampler(steps: int = 40) -> BatchSampler:
    return BatchSampler(
        lengths=[100] * 50 + [1000] * 10,
        groups={"bluebook": list(range(50)), "holding": list(range(50, 60))},
        weights={"bluebook": 3.0, "holding": 1.0},
        rows=16,
        tokens=4000,
        steps=steps,
        seed=0,
    )


def test_batches_keep_the_budget_and_hold_one_task() -> None:
    for batch in sampler():
        assert len({index < 50 for index in batch}) == 1
        assert len(batch) <= (16 if batch[0] < 50 else 4)


def test_weights_are_shares_of_batches() -> None:
    batches = list(sampler(40))
    assert len(batches) == 40
    assert sum(batch[0] >= 50 for batch in batches) == 10


def test_a_shorter_run_is_a_prefix() -> None:
    assert list(sampler(40))[:7] == list(sampler(7))


def test_every_row_of_a_task_comes_round() -> None:
    assert {index for batch in sampler(40) for index in batch} == set(range(60))


def test_buckets_cover_all_rows_without_cutting_a_token() -> None:
    shapes = [(10, 5), (100, 20), (12, 4), (95, 3), (11, 1), (100, 2)]
    mask = torch.tensor(
        [[0] * (100 - prompt) + [1] * (prompt + answer) + [0] * (20 - answer) for prompt, answer in shapes]
    )
    buckets = length_buckets(mask)
    assert [columns for _, columns in buckets] == [slice(0, 120), slice(88, 105)]
    assert sorted(int(row) for rows, _ in buckets for row in rows) == list(range(6))
    for rows, columns in buckets:
        assert mask[rows, columns].sum() == mask[rows].sum()


def test_a_row_of_no_padding_is_one_bucket() -> None:
    assert len(length_buckets(torch.ones(4, 7))) == 1

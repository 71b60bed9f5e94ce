"""Rows without a reward leave baseline, loss and gradient as if they were not there."""

import math

import torch

from services.trainer.nulls import drop_thin_groups, keep_rows, mask_rows

NAN = float("nan")


def test_a_group_with_one_scored_row_is_dropped() -> None:
    rewards, dropped = drop_thin_groups(torch.tensor([1.0, NAN, 0.5, 0.0, NAN, NAN, 1.0, 1.0, NAN]), 3)
    assert dropped == 1
    expected = [1.0, NAN, 0.5, NAN, NAN, NAN, 1.0, 1.0, NAN]
    assert all((math.isnan(a) and math.isnan(b)) or a == b for a, b in zip(rewards.tolist(), expected, strict=True))


def test_masked_rows_pay_nothing_and_are_not_counted() -> None:
    batch = {"completion_mask": torch.tensor([[1, 1, 0], [1, 1, 1]]), "num_items_in_batch": torch.tensor(5)}
    masked = mask_rows(batch, torch.tensor([False, True]))
    assert masked["completion_mask"].tolist() == [[1, 1, 0], [0, 0, 0]]
    assert masked["num_items_in_batch"] == 2
    assert batch["completion_mask"].sum() == 5


def test_idle_rows_are_left_out_in_whole_parts() -> None:
    batch = {"advantages": torch.arange(8.0), "num_items_in_batch": torch.tensor(99)}
    working = torch.tensor([False, True, False, False, True, False, True, False])
    assert keep_rows(batch, working, 1)["advantages"].tolist() == [1, 4, 6]
    assert keep_rows(batch, working, 2)["advantages"].tolist() == [0, 1, 4, 6]
    assert keep_rows(batch, working, 1)["num_items_in_batch"] == 99
    assert keep_rows(batch, torch.zeros(8, dtype=torch.bool), 2)["advantages"].tolist() == [0, 1]
    assert keep_rows(batch, torch.ones(8, dtype=torch.bool), 4)["advantages"].tolist() == list(range(8))

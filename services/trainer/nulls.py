"""Rows without a reward: they must leave baseline, loss, denominator and KL exactly as if they were not there.

A reward is None where the service could not judge (never for a bad answer). TRL keeps such rows out of the baseline,
but leaves their tokens in the loss denominator and lets them pay KL.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def drop_thin_groups(rewards_N: Tensor, completions: int) -> tuple[Tensor, int]:  # noqa: N803  (shapes in names)
    """Make NaN all rows of a group with fewer than two scored rows: one row has no baseline but itself.

    ``rewards_N`` holds whole groups in order, NaN for null. Returns the rewards and how many groups were dropped.
    """
    groups_PK = rewards_N.view(-1, completions)  # noqa: N806  (P prompts, K completions)
    scored_P = (~torch.isnan(groups_PK)).sum(dim=1)  # noqa: N806
    thin_P = scored_P < 2  # noqa: N806
    kept_PK = groups_PK.masked_fill(thin_P[:, None], float("nan"))  # noqa: N806
    return kept_PK.reshape(-1), int(thin_P.sum())


def mask_rows(batch: dict[str, Any], null_N: Tensor) -> dict[str, Any]:  # noqa: N803
    """Take rows out of a generation batch: no token of theirs is in the loss, in its denominator, or pays KL.

    `num_items_in_batch` becomes this process's count; the caller sums it over processes.
    """
    mask_NT = batch["completion_mask"] * (~null_N)[:, None].to(batch["completion_mask"].dtype)  # noqa: N806
    return {**batch, "completion_mask": mask_NT, "num_items_in_batch": mask_NT.sum()}


def keep_rows(batch: dict[str, Any], working_N: Tensor, parts: int) -> dict[str, Any]:  # noqa: N803
    """Only the rows that can move a weight, filled up with others to whole ``parts``: the rest costs time alone.

    Loss and gradient stay exactly the same, since the rows left out contribute zeros and the denominator
    (`num_items_in_batch`) keeps counting their tokens.
    """
    order_N = torch.argsort(working_N.int(), descending=True, stable=True)  # noqa: N806
    count = max(1, -(-int(working_N.sum()) // parts)) * parts
    rows = order_N[:count].sort().values
    return {name: value[rows] if value.ndim else value for name, value in batch.items()}

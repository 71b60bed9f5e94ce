"""Importance correction: completions come from a sampler whose log-probabilities differ slightly from the trainer's.

With p the trainer's probability of a token and q the sampler's (after temperature, as vLLM gives it with
`--logprobs-mode processed_logprobs`), each token's advantage is weighted by min(p / q, C): truncated importance
sampling. Shapes: G rows of a generation batch, T completion tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor


def weigh_advantages(
    advantages_G: Tensor,  # noqa: N803  (shapes in names)
    trainer_logps_GT: Tensor,  # noqa: N803
    sampler_logps_GT: Tensor,  # noqa: N803
    mask_GT: Tensor,  # noqa: N803
    cap: float,
) -> Tensor:
    """Per-token advantages of shape (G, T): A x min(exp(trainer - sampler), cap); outside the mask the ratio is 1."""
    gap_GT = torch.where(mask_GT.bool(), trainer_logps_GT - sampler_logps_GT, 0.0)  # noqa: N806
    return advantages_G[:, None] * torch.clamp(torch.exp(gap_GT), max=cap)


def mean_gap(trainer_logps_GT: Tensor, sampler_logps_GT: Tensor, mask_GT: Tensor) -> float:  # noqa: N803
    """Mean |trainer - sampler| over the completion tokens, in nats; 0 where there are none."""
    gaps = (trainer_logps_GT - sampler_logps_GT).abs()[mask_GT.bool()]
    return float(gaps.mean()) if gaps.numel() else 0.0

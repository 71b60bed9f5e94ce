"""The importance weights against a computation by hand."""

import math

import torch

from services.trainer.correction import mean_gap, weigh_advantages


def test_weights_are_the_truncated_ratio() -> None:
    trainer = torch.log(torch.tensor([[0.5, 0.4, 0.9], [0.1, 0.2, 0.3]]))
    sampler = torch.log(torch.tensor([[0.25, 0.5, 0.1], [0.1, 0.1, 0.3]]))
    mask = torch.tensor([[1, 1, 0], [1, 1, 1]])
    weighed = weigh_advantages(torch.tensor([2.0, -1.0]), trainer, sampler, mask, cap=1.5)
    # row 0: ratios 2 -> 1.5 (cap), .8, outside the mask 1; row 1: 1, 2 -> 1.5, 1
    assert torch.allclose(weighed, torch.tensor([[3.0, 1.6, 2.0], [-1.0, -1.5, -1.0]]), atol=1e-6)


def test_padding_in_the_samplers_logprobs_does_no_harm() -> None:
    trainer, sampler = torch.tensor([[-1.0, -80.0]]), torch.tensor([[-1.0, 0.0]])
    weighed = weigh_advantages(torch.tensor([1.0]), trainer, sampler, torch.tensor([[1, 0]]), cap=3.0)
    assert weighed.tolist() == [[1.0, 1.0]]


def test_mean_gap_is_over_completion_tokens() -> None:
    trainer, sampler = torch.tensor([[-1.0, -2.0, -9.0]]), torch.tensor([[-1.5, -1.0, 0.0]])
    assert math.isclose(mean_gap(trainer, sampler, torch.tensor([[1, 1, 0]])), 0.75)
    assert mean_gap(trainer, sampler, torch.zeros(1, 3)) == 0.0

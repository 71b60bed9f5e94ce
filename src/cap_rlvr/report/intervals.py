"""Intervals for means and for paired differences, by the percentile bootstrap (Efron 1979), with a fixed seed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RESAMPLES = 10_000
SEED = 20240501


def mean_interval(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """The mean and its 95 % interval; (0, (0, 0)) for no values."""
    if not values:
        return 0.0, (0.0, 0.0)
    sample_N = np.asarray(values, dtype=np.float64)  # noqa: N806  (shape suffix)
    generator = np.random.default_rng(SEED)
    means = np.array([sample_N[generator.integers(0, len(sample_N), len(sample_N))].mean() for _ in range(RESAMPLES)])
    low, high = np.percentile(means, [2.5, 97.5])
    return float(sample_N.mean()), (float(low), float(high))


def paired_interval(before: Sequence[float], after: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """The mean of after minus before over the same rows in the same order, and its 95 % interval.

    Raises ValueError where the two differ in length.
    """
    return mean_interval([late - early for early, late in zip(before, after, strict=True)])

"""Intervals: for means and paired differences by the percentile bootstrap (Efron 1979) with a fixed seed, for shares by Wilson."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

RESAMPLES = 10_000
SEED = 20240501
_CELLS = 1_000_000  # drawn at once: some ten megabytes
_Z = 1.959964  # of a standard normal, 95 % two-sided


def mean_interval(values: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """The mean and its 95 % interval; (0, (0, 0)) for no values."""
    if not values:
        return 0.0, (0.0, 0.0)
    sample_N = np.asarray(values, dtype=np.float64)  # noqa: N806  (shape suffix)
    generator = np.random.default_rng(SEED)
    at_once = max(1, _CELLS // len(sample_N))
    sizes = [min(at_once, RESAMPLES - done) for done in range(0, RESAMPLES, at_once)]
    drawn = (sample_N[generator.integers(0, len(sample_N), (size, len(sample_N)))] for size in sizes)
    means = np.concatenate([block.mean(axis=1) for block in drawn])
    low, high = np.percentile(means, [2.5, 97.5])
    return float(sample_N.mean()), (float(low), float(high))


def paired_interval(before: Sequence[float], after: Sequence[float]) -> tuple[float, tuple[float, float]]:
    """The mean of after minus before over the same rows in the same order, and its 95 % interval.

    Raises ValueError where the two differ in length.
    """
    return mean_interval([late - early for early, late in zip(before, after, strict=True)])


def wilson_interval(hits: int, total: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927): honest for few and for all hits; (0, 1) where nothing was counted."""
    if not total:
        return 0.0, 1.0
    share, square = hits / total, _Z**2 / total
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(share * (1 - share) / total + square / (4 * total))
    return max(0.0, middle - half), min(1.0, middle + half)

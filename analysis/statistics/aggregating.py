"""Aggregate many scores: interquartile means, performance profiles, the expected best of n search trials."""

from __future__ import annotations

from math import comb

import numpy as np
from scipy import stats

from .paired import FloatArray


def interquartile_mean(scores: FloatArray) -> float:
    """Return the mean of the middle half; whole values are trimmed, so fewer than four are all kept."""
    return float(stats.trim_mean(np.ravel(scores), 0.25))


def weighted_interquartile_mean(scores: FloatArray) -> float:
    """Return the interquartile mean with the values at the quartiles weighted by the fraction that lies inside."""
    values = np.sort(np.ravel(scores))
    n = len(values)
    edges = np.arange(n + 1, dtype=np.float64)
    weights = np.clip(np.minimum(edges[1:], 0.75 * n) - np.maximum(edges[:-1], 0.25 * n), 0, None)
    return float(values @ weights / weights.sum())


def performance_profile(scores: FloatArray, thresholds: FloatArray) -> FloatArray:
    """Return the share of the scores strictly above each threshold, (k,) (Agarwal et al. 2021)."""
    profile: FloatArray = (np.ravel(scores)[:, None] > np.asarray(thresholds)[None, :]).mean(0)
    return profile


def expected_maximum(values: FloatArray, n: int) -> float:
    """Return the expected best of n random trials (Dodge et al. 2019, eq. 4); biased low as n nears len(values)."""
    ordered, b = np.sort(values), len(values)
    i = np.arange(1, b + 1)
    return float(np.sum(ordered * ((i / b) ** n - ((i - 1) / b) ** n)))


def expected_maximum_unbiased(values: FloatArray, n: int) -> float:
    """Return the expected best of n trials drawn without replacement, an unbiased estimate (Tang et al. 2020).

    Raises ValueError unless 1 <= n <= len(values)."""
    ordered, b = np.sort(values), len(values)
    if not 1 <= n <= b:
        raise ValueError(f"expected_maximum_unbiased: n = {n} of {b} trials; take 1 to {b}")
    weights = np.array([comb(i - 1, n - 1) for i in range(1, b + 1)]) / comb(b, n)
    return float(ordered @ weights)

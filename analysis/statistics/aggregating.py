"""One number from many: interquartile means, performance profiles, the best of n search trials."""

from __future__ import annotations

from math import comb

import numpy as np
from scipy import stats

from .paired import FloatArray


def interquartile_mean(scores: FloatArray) -> float:
    """Mean of the middle half; whole values are cut, so that four or more are needed to cut any."""
    return float(stats.trim_mean(np.ravel(scores), 0.25))


def weighted_interquartile_mean(scores: FloatArray) -> float:
    """The same, with the values at the quartiles counted by the fraction that lies inside."""
    values = np.sort(np.ravel(scores))
    n = len(values)
    edges = np.arange(n + 1, dtype=np.float64)
    weights = np.clip(np.minimum(edges[1:], 0.75 * n) - np.maximum(edges[:-1], 0.25 * n), 0, None)
    return float(values @ weights / weights.sum())


def performance_profile(scores: FloatArray, thresholds: FloatArray) -> FloatArray:
    """Share of the scores strictly above each threshold (k,)."""
    profile: FloatArray = (np.ravel(scores)[:, None] > np.asarray(thresholds)[None, :]).mean(0)
    return profile


def expected_maximum(values: FloatArray, n: int) -> float:
    """Best validation score expected of n random trials (Dodge 2019, eq. 4). Biased low near all of them."""
    ordered, b = np.sort(values), len(values)
    i = np.arange(1, b + 1)
    return float(np.sum(ordered * ((i / b) ** n - ((i - 1) / b) ** n)))


def expected_maximum_unbiased(values: FloatArray, n: int) -> float:
    """The same without replacement, unbiased (Tang 2020); n at most the number of trials."""
    ordered, b = np.sort(values), len(values)
    if not 1 <= n <= b:
        raise ValueError(f"expected_maximum_unbiased: n = {n} of {b} trials; take 1 to {b}")
    weights = np.array([comb(i - 1, n - 1) for i in range(1, b + 1)]) / comb(b, n)
    return float(ordered @ weights)

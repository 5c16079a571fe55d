"""Rank arms over settings (Friedman, Nemenyi); sensible from ten settings on, and dependent on which arms take part."""

from __future__ import annotations

from itertools import permutations, product
from math import factorial, sqrt
from typing import NamedTuple

import numpy as np
from scipy import stats

from .paired import FloatArray


class Friedman(NamedTuple):
    """Mean ranks (1 = best), Friedman's chi2 and Iman and Davenport's F, each with its p value."""

    ranks: tuple[float, ...]
    chi2: float
    p_chi2: float
    f: float
    p_f: float


def friedman(scores: FloatArray) -> Friedman:
    """Test (settings, arms) scores, higher is better, for equal ranks; average over seeds first."""
    n, k = scores.shape
    ranks = stats.rankdata(-scores, axis=1).mean(0)
    chi2 = _chi2(ranks, n)
    below = n * (k - 1) - chi2
    f = (n - 1) * chi2 / below if below > 0 else np.inf
    return Friedman(
        tuple(float(r) for r in ranks),
        chi2,
        float(stats.chi2.sf(chi2, k - 1)),
        float(f),
        float(stats.f.sf(f, k - 1, (k - 1) * (n - 1))),
    )


def friedman_exact(scores: FloatArray) -> float:
    """Return the exact p over all (k!)^n rankings; the chi2 approximation is poor below 10 settings.

    Raises ValueError for more than a million rankings."""
    n, k = scores.shape
    if factorial(k) ** n > 1_000_000:
        raise ValueError(f"friedman_exact: {n} settings of {k} arms are too many to enumerate; use friedman")
    ranks = stats.rankdata(-scores, axis=1)
    rows = np.array([[row[list(order)] for order in permutations(range(k))] for row in ranks])
    picks = np.array(list(product(range(factorial(k)), repeat=n)))
    sums = sum(rows[t][picks[:, t]] for t in range(n))
    spread = ((sums / n - (k + 1) / 2) ** 2).sum(1)
    observed = ((ranks.mean(0) - (k + 1) / 2) ** 2).sum()
    return float(np.mean(spread >= observed - 1e-12))


def nemenyi_difference(settings: int, arms: int, *, alpha: float = 0.05) -> float:
    """Return the critical difference of mean ranks (Demsar 2006)."""
    quantile = float(stats.studentized_range.ppf(1 - alpha, arms, np.inf)) / sqrt(2)
    return quantile * sqrt(arms * (arms + 1) / (6 * settings))


def _chi2(ranks: FloatArray, settings: int) -> float:
    k = len(ranks)
    return float(12 * settings / (k * (k + 1)) * np.sum((ranks - (k + 1) / 2) ** 2))

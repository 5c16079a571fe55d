"""Is the difference smaller than what matters? Two one-sided tests, and their Bayesian twin."""

from __future__ import annotations

from math import nan, sqrt
from typing import NamedTuple

import numpy as np
from scipy import special, stats

from .paired import FloatArray, paired


class Equivalence(NamedTuple):
    """TOST: p is the larger of the two one-sided p's; low and high are the (1 - 2 alpha) interval."""

    p: float
    low: float
    high: float


class RegionOfEquivalence(NamedTuple):
    """Posterior shares below, inside and above +-margin: Student t(n - 1, mean, sd / sqrt(n))."""

    below: float
    inside: float
    above: float


def tost(differences: FloatArray, *, margin: float, alpha: float = 0.05) -> Equivalence:
    """Schuirmann's two one-sided t tests of |mean| < margin, which the study states and the data never do."""
    one = paired(differences, confidence=1 - 2 * alpha)
    p = tost_columns(np.asarray(differences, dtype=np.float64).reshape(-1, 1), margin=margin)
    return Equivalence(float(p[0]), one.low, one.high)


def tost_columns(differences: FloatArray, *, margin: float) -> FloatArray:
    """The p's alone, of each column of (n, k); NaN where a column has fewer than two values."""
    if not margin > 0:
        raise ValueError(f"margin: {margin!r} must be above 0 points")
    there = np.isfinite(differences)
    n = there.sum(0)
    mean = np.where(there, differences, 0.0).sum(0) / np.maximum(n, 1)
    squares = (np.where(there, differences - mean, 0.0) ** 2).sum(0)
    error = np.sqrt(squares / np.maximum(n - 1, 1) / np.maximum(n, 1))
    t = (margin - np.abs(mean)) / np.maximum(error, 1e-300)
    p: FloatArray = np.where(n < 2, nan, special.stdtr(np.maximum(n - 1, 1), -t))
    return p


def region_of_equivalence(differences: FloatArray, *, margin: float) -> RegionOfEquivalence:
    """Where the mean lies, given a flat prior. Not baycomp's, which corrects for folds."""
    one = paired(differences)
    error = one.sd / sqrt(one.n)
    below = float(stats.t.cdf((-margin - one.mean) / error, one.n - 1))
    above = float(stats.t.sf((margin - one.mean) / error, one.n - 1))
    return RegionOfEquivalence(below, 1 - below - above, above)

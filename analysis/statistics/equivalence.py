"""Equivalence within a margin: two one-sided t tests (TOST), and a Bayesian region of practical equivalence."""

from __future__ import annotations

from math import nan, sqrt
from typing import NamedTuple

import numpy as np
from scipy import special, stats

from .paired import FloatArray, paired_t_test


class Equivalence(NamedTuple):
    """Result of TOST: `p` is the larger of the two one-sided p values; `low`, `high`: the 1 - 2 alpha interval."""

    p: float
    low: float
    high: float


class RegionOfEquivalence(NamedTuple):
    """Posterior mass below, inside and above +-margin, under Student t(n - 1, mean, sd / sqrt(n))."""

    below: float
    inside: float
    above: float


def tost(differences: FloatArray, *, margin: float, alpha: float = 0.05) -> Equivalence:
    """Test |mean| < margin with Schuirmann's two one-sided t tests; (n,) differences.

    The margin comes from the study's file, never from the data. Raises ValueError for a margin of 0 or less."""
    test = paired_t_test(differences, confidence=1 - 2 * alpha)
    p = tost_columns(np.asarray(differences, dtype=np.float64).reshape(-1, 1), margin=margin)
    return Equivalence(float(p[0]), test.low, test.high)


def tost_columns(differences: FloatArray, *, margin: float) -> FloatArray:
    """Return the TOST p value of each column of (n, k) differences; NaN where a column has fewer than two values.

    Raises ValueError for a margin of 0 or less."""
    if not margin > 0:
        raise ValueError(f"margin: {margin!r} must be above 0 points")
    present = np.isfinite(differences)
    n = present.sum(0)
    mean = np.where(present, differences, 0.0).sum(0) / np.maximum(n, 1)
    squares = (np.where(present, differences - mean, 0.0) ** 2).sum(0)
    error = np.sqrt(squares / np.maximum(n - 1, 1) / np.maximum(n, 1))
    t = (margin - np.abs(mean)) / np.maximum(error, 1e-300)
    p: FloatArray = np.where(n < 2, nan, special.stdtr(np.maximum(n - 1, 1), -t))
    return p


def region_of_equivalence(differences: FloatArray, *, margin: float) -> RegionOfEquivalence:
    """Return where the mean lies under a flat prior; unlike baycomp, without a correction for overlapping folds."""
    test = paired_t_test(differences)
    error = test.sd / sqrt(test.n)
    below = float(stats.t.cdf((-margin - test.mean) / error, test.n - 1))
    above = float(stats.t.sf((margin - test.mean) / error, test.n - 1))
    return RegionOfEquivalence(below, 1 - below - above, above)

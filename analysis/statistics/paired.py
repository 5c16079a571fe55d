"""One arm against the baseline on one setting: paired by seed.

Student's t is the default interval: at 3, 5 and 10 seeds it covers 0.95 where the percentile bootstrap
covers 0.76, 0.85 and 0.90 (docs/statistics.md)."""

from __future__ import annotations

from itertools import combinations
from math import comb, exp, inf, lgamma, nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FloatArray = NDArray[np.float64]


class Effect(NamedTuple):
    """Standardised size of a paired difference: mean / sd, and Hedges' unbiased version of it."""

    dz: float
    factor: float
    hedges: float


class Paired(NamedTuple):
    """A mean paired difference with its t interval; all in the unit of the differences, p two-sided."""

    n: int
    mean: float
    sd: float
    t: float
    p: float
    low: float
    high: float
    effect: Effect


def finite(values: FloatArray) -> FloatArray:
    """The values that are there: a run that failed is NaN and takes its pair with it."""
    array = np.asarray(values, dtype=np.float64).ravel()
    kept: FloatArray = array[np.isfinite(array)]
    return kept


def paired(differences: FloatArray, *, confidence: float = 0.95) -> Paired:
    """Mean, sd, t test and interval of the differences (n,). Under two pairs all but the mean is NaN."""
    d = finite(differences)
    n = len(d)
    mean = float(d.mean()) if n else nan
    if n < 2:
        return Paired(n, mean, nan, nan, nan, nan, nan, Effect(nan, nan, nan))
    sd = float(d.std(ddof=1))
    error = sd / sqrt(n)
    half = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * error
    t = mean / error if error > 0 else (0.0 if mean == 0 else inf * np.sign(mean))
    p = float(2 * stats.t.sf(abs(t), n - 1))
    return Paired(n, mean, sd, float(t), p, mean - half, mean + half, effect_size(mean, sd, n))


def effect_size(mean: float, sd: float, n: int) -> Effect:
    """dz and Hedges' g of n pairs; NaN where the differences do not vary."""
    factor = hedges_factor(n - 1)
    dz = mean / sd if sd > 0 else nan
    return Effect(dz, factor, dz * factor)


def hedges_factor(degrees: int) -> float:
    """Exact small-sample correction J (Hedges 1981): gamma(m/2) / (sqrt(m/2) gamma((m-1)/2)), m > 1."""
    if degrees < 2:
        return nan
    return exp(lgamma(degrees / 2) - lgamma((degrees - 1) / 2)) / sqrt(degrees / 2)


def seed_correlation(ours: FloatArray, base: FloatArray) -> float:
    """Pearson correlation over seeds; (n,), (n,), the same seed at the same place. What pairing wins by."""
    both = np.isfinite(ours) & np.isfinite(base)
    if both.sum() < 2 or np.ptp(ours[both]) == 0 or np.ptp(base[both]) == 0:
        return nan
    return float(np.corrcoef(ours[both], base[both])[0, 1])


def relative_error_reduction(ours: float, base: float, *, best: float = 100.0) -> float:
    """Share of the baseline's error that is gone; scores in points. NaN where the baseline has no error."""
    return (ours - base) / (best - base) if base < best else nan


def unpaired_permutation(ours: FloatArray, base: FloatArray) -> float:
    """Exact two-sided permutation p of the difference in means, ignoring the pairs (groups of up to 12)."""
    x, y = finite(ours), finite(base)
    if len(x) + len(y) > 24:
        raise ValueError(
            f"unpaired_permutation: {len(x)} + {len(y)} values are too many to enumerate; at most 24"
        )
    pool = np.concatenate([x, y])
    observed = abs(x.mean() - y.mean())
    picks = np.array(list(combinations(range(len(pool)), len(x))))
    sums = pool[picks].sum(1)
    means = sums / len(x) - (pool.sum() - sums) / len(y)
    return float(np.sum(np.abs(means) >= observed - 1e-9 * max(1.0, observed))) / comb(len(pool), len(x))


def percentile_bootstrap(
    d: FloatArray, rng: np.random.Generator, *, draws: int = 9_999
) -> tuple[float, float]:
    """The 95 % percentile interval. For comparison only: it covers far less than 0.95 below 20 seeds."""
    means = rng.choice(d, (draws, len(d))).mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def bootstrap_t(d: FloatArray, rng: np.random.Generator, *, draws: int = 9_999) -> tuple[float, float]:
    """The 95 % studentised bootstrap interval; for skewed differences at 5 seeds or more."""
    if len(d) < 5:
        raise ValueError(f"bootstrap_t: {len(d)} differences are too few; 5 or more")
    sample = rng.choice(d, (draws, len(d)))
    spread = sample.std(1, ddof=1)
    moved = spread > 0
    t = (sample.mean(1)[moved] - d.mean()) / (spread[moved] / sqrt(len(d)))
    error = d.std(ddof=1) / sqrt(len(d))
    upper, lower = np.quantile(t, [0.975, 0.025])
    return float(d.mean() - upper * error), float(d.mean() - lower * error)

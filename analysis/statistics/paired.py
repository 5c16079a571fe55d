"""Compare one arm with the baseline on one setting, paired by seed.

The interval is Student's t: at 3, 5 and 10 seeds it covers the truth with 0.95, where the percentile bootstrap covers
it with 0.76, 0.85 and 0.90 (docs/statistics.md)."""

from __future__ import annotations

from itertools import combinations
from math import comb, exp, inf, lgamma, nan, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import stats

FloatArray = NDArray[np.float64]


class EffectSize(NamedTuple):
    """Standardized paired difference: dz = mean / sd, the small-sample factor, and Hedges' g = dz * factor."""

    dz: float
    factor: float
    hedges: float


class PairedTest(NamedTuple):
    """A paired t test: mean difference, sd and interval in the unit of the differences; p is two-sided."""

    n: int
    mean: float
    sd: float
    t: float
    p: float
    low: float
    high: float
    effect: EffectSize


def drop_missing(values: FloatArray) -> FloatArray:
    """Return the finite values, (n,): a failed run is NaN, and so is its pair's difference."""
    array = np.asarray(values, dtype=np.float64).ravel()
    present: FloatArray = array[np.isfinite(array)]
    return present


def paired_t_test(differences: FloatArray, *, confidence: float = 0.95) -> PairedTest:
    """Test the mean of the differences (n,) against 0; with fewer than two pairs all but the mean is NaN."""
    d = drop_missing(differences)
    n = len(d)
    mean = float(d.mean()) if n else nan
    if n < 2:
        return PairedTest(n, mean, nan, nan, nan, nan, nan, EffectSize(nan, nan, nan))
    sd = float(d.std(ddof=1))
    error = sd / sqrt(n)
    half = float(stats.t.ppf((1 + confidence) / 2, n - 1)) * error
    t = mean / error if error > 0 else (0.0 if mean == 0 else inf * np.sign(mean))
    p = float(2 * stats.t.sf(abs(t), n - 1))
    return PairedTest(n, mean, sd, float(t), p, mean - half, mean + half, paired_effect_size(mean, sd, n))


def paired_effect_size(mean: float, sd: float, n: int) -> EffectSize:
    """Return dz and Hedges' g of n pairs; NaN where the differences do not vary."""
    factor = hedges_factor(n - 1)
    dz = mean / sd if sd > 0 else nan
    return EffectSize(dz, factor, dz * factor)


def hedges_factor(degrees: int) -> float:
    """Return Hedges' (1981) exact correction J(m) = gamma(m/2) / (sqrt(m/2) gamma((m-1)/2)); NaN for m < 2."""
    if degrees < 2:
        return nan
    return exp(lgamma(degrees / 2) - lgamma((degrees - 1) / 2)) / sqrt(degrees / 2)


def seed_correlation(ours: FloatArray, base: FloatArray) -> float:
    """Return the Pearson correlation over seeds of two (n,) arrays in the same seed order: the higher, the more
    pairing gains; NaN where a side does not vary."""
    both = np.isfinite(ours) & np.isfinite(base)
    if both.sum() < 2 or np.ptp(ours[both]) == 0 or np.ptp(base[both]) == 0:
        return nan
    return float(np.corrcoef(ours[both], base[both])[0, 1])


def relative_error_reduction(ours: float, base: float, *, best: float = 100.0) -> float:
    """Return the share of the baseline's error that the arm removes; scores in points; NaN for a perfect baseline."""
    return (ours - base) / (best - base) if base < best else nan


def unpaired_permutation(ours: FloatArray, base: FloatArray) -> float:
    """Return the exact two-sided permutation p of the difference in means, ignoring the pairing.

    Raises ValueError for more than 24 values in all."""
    x, y = drop_missing(ours), drop_missing(base)
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
    """Return the 95 % percentile bootstrap interval; for comparison only, it covers far less below 20 seeds."""
    means = rng.choice(d, (draws, len(d))).mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def bootstrap_t(d: FloatArray, rng: np.random.Generator, *, draws: int = 9_999) -> tuple[float, float]:
    """Return the 95 % studentized bootstrap interval, for skewed differences.

    Raises ValueError for fewer than 5 differences."""
    if len(d) < 5:
        raise ValueError(f"bootstrap_t: {len(d)} differences are too few; 5 or more")
    sample = rng.choice(d, (draws, len(d)))
    spread = sample.std(1, ddof=1)
    varies = spread > 0
    t = (sample.mean(1)[varies] - d.mean()) / (spread[varies] / sqrt(len(d)))
    error = d.std(ddof=1) / sqrt(len(d))
    upper, lower = np.quantile(t, [0.975, 0.025])
    return float(d.mean() - upper * error), float(d.mean() - lower * error)

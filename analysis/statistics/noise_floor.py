"""What no effect at all looks like: the spread between seeds."""

from __future__ import annotations

from math import nan, sqrt
from typing import NamedTuple

import numpy as np
from scipy import integrate, stats

from .paired import FloatArray, finite


class NoiseFloor(NamedTuple):
    """Differences of two S-seed means of the *same* arm stay within +-floor in 95 of 100 studies."""

    seeds: int
    sd: float
    floor: float


def noise_floor(baseline: FloatArray) -> NoiseFloor:
    """1.96 sd sqrt(2 / S) of the baseline's scores (S,); NaN under two seeds."""
    scores = finite(baseline)
    if len(scores) < 2:
        return NoiseFloor(len(scores), nan, nan)
    sd = float(scores.std(ddof=1))
    return NoiseFloor(len(scores), sd, float(stats.norm.ppf(0.975)) * sd * sqrt(2 / len(scores)))


def best_of_nulls(arms: int) -> float:
    """The winner's curse: expected best of so many arms without effect, in standard errors."""

    def density(z: float) -> float:
        return float(z * arms * stats.norm.pdf(z) * stats.norm.cdf(z) ** (arms - 1))

    return float(integrate.quad(density, -10, 10)[0])


def probability_of_improvement(ours: FloatArray, base: FloatArray) -> float:
    """P(a seed of ours > a seed of the baseline), ties a half (Bouthillier 2021 asks for 0.75)."""
    x, y = finite(ours), finite(base)
    if not len(x) or not len(y):
        return nan
    return float(np.mean(np.sign(x[:, None] - y[None, :]) / 2 + 0.5))

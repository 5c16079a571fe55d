"""The size of differences without any effect: the spread between seeds, and the best of several null arms."""

from __future__ import annotations

from math import nan, sqrt
from typing import NamedTuple

import numpy as np
from scipy import integrate, stats

from .paired import FloatArray, drop_missing


class NoiseFloor(NamedTuple):
    """Two means over S seeds of the *same* arm differ by less than `floor` in 95 of 100 studies; points."""

    seeds: int
    sd: float
    floor: float


def noise_floor(baseline: FloatArray) -> NoiseFloor:
    """Return 1.96 sd sqrt(2 / S) of the baseline's scores, (S,); NaN for fewer than two seeds."""
    scores = drop_missing(baseline)
    if len(scores) < 2:
        return NoiseFloor(len(scores), nan, nan)
    sd = float(scores.std(ddof=1))
    return NoiseFloor(len(scores), sd, float(stats.norm.ppf(0.975)) * sd * sqrt(2 / len(scores)))


def best_of_nulls(arms: int) -> float:
    """Return the expected largest mean of that many arms without effect, in standard errors (the winner's curse)."""

    def density(z: float) -> float:
        return float(z * arms * stats.norm.pdf(z) * stats.norm.cdf(z) ** (arms - 1))

    return float(integrate.quad(density, -10, 10)[0])


def probability_of_improvement(ours: FloatArray, base: FloatArray) -> float:
    """Return P(a seed of ours > a seed of the baseline), ties counted half (Bouthillier et al. 2021 ask for 0.75)."""
    x, y = drop_missing(ours), drop_missing(base)
    if not len(x) or not len(y):
        return nan
    return float(np.mean(np.sign(x[:, None] - y[None, :]) / 2 + 0.5))

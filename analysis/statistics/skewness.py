"""Skewness of paired differences: where they are skewed, t intervals under-cover and sign flips are approximate."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

import numpy as np

from .paired import FloatArray
from .signflip import Block


class Skewness(NamedTuple):
    """Skewness pooled over a family's cells, and the limit that normal differences exceed 1 time in 100."""

    value: float
    limit: float

    @property
    def exceeds_limit(self) -> bool:
        """Tell whether the differences are more skewed than normal ones would be; False where nothing is known."""
        return abs(self.value) > self.limit


def pooled_skewness(blocks: list[Block], rng: np.random.Generator, *, simulations: int = 400) -> Skewness:
    """Pool the skewness of all cells of a family: one cell of six differences is too small to judge its shape.

    Cells share the baseline's run, so the limit is simulated with the cells' own correlations over arms."""
    usable = [block.differences[np.isfinite(block.differences).all(1)] for block in blocks]
    usable = [d for d in usable if len(d) >= 4 and d.shape[1]]
    if not usable:
        return Skewness(nan, nan)
    normal = np.concatenate([_mean_cubes(_simulate_normal(d, rng, simulations)) for d in usable], axis=-1)
    value = float(np.mean(np.concatenate([_mean_cubes(d) for d in usable])))
    return Skewness(value, float(np.quantile(np.abs(normal.mean(-1)), 0.99)))


def _mean_cubes(differences: FloatArray) -> FloatArray:
    """Return the mean cubed standardized residual over the seeds of (..., seeds, arms): (..., arms); 0 if constant."""
    centered = differences - differences.mean(-2, keepdims=True)
    sd = np.maximum(differences.std(-2, keepdims=True), 1e-9)
    cubes: FloatArray = np.mean((centered / sd) ** 3, axis=-2)
    return cubes


def _simulate_normal(differences: FloatArray, rng: np.random.Generator, count: int) -> FloatArray:
    """Draw normal differences with the same covariance over arms: (count, seeds, arms)."""
    n = len(differences)
    centered = (differences - differences.mean(0)) / np.sqrt(n - 1)
    normal: FloatArray = rng.standard_normal((count, n, n)) @ centered
    return normal

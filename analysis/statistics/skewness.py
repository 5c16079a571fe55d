"""Are the differences skewed? Then t intervals cover too little and sign flips are only approximate."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

import numpy as np

from .paired import FloatArray
from .signflip import Block


class Skewness(NamedTuple):
    """Pooled over a family's cells, with the size that normal differences of the same shape reach in 1 of 100."""

    value: float
    limit: float

    @property
    def notable(self) -> bool:
        return abs(self.value) > self.limit


def pooled_skewness(blocks: list[Block], rng: np.random.Generator, *, simulations: int = 400) -> Skewness:
    """One cell of six differences says nothing about its shape; all cells of a family together say a little.

    Cells share the baseline's run, so the limit is simulated with the cells' own correlations."""
    usable = [block.differences[np.isfinite(block.differences).all(1)] for block in blocks]
    usable = [d for d in usable if len(d) >= 4 and d.shape[1]]
    if not usable:
        return Skewness(nan, nan)
    drawn = np.concatenate([_cubes(_alike(d, rng, simulations)) for d in usable], axis=-1)
    value = float(np.mean(np.concatenate([_cubes(d) for d in usable])))
    return Skewness(value, float(np.quantile(np.abs(drawn.mean(-1)), 0.99)))


def _cubes(differences: FloatArray) -> FloatArray:
    """Mean cubed standardised residual over the seeds of (..., seeds, arms): (..., arms), 0 where none varies."""
    centred = differences - differences.mean(-2, keepdims=True)
    sd = np.maximum(differences.std(-2, keepdims=True), 1e-9)
    cubes: FloatArray = np.mean((centred / sd) ** 3, axis=-2)
    return cubes


def _alike(differences: FloatArray, rng: np.random.Generator, count: int) -> FloatArray:
    """Normal differences with the same covariance over arms: (count, seeds, arms)."""
    n = len(differences)
    centred = (differences - differences.mean(0)) / np.sqrt(n - 1)
    drawn: FloatArray = rng.standard_normal((count, n, n)) @ centred
    return drawn

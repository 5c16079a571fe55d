"""Corrections of p values for the number of comparisons, where the joint test does not apply."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .paired import FloatArray


def holm(p: FloatArray) -> FloatArray:
    """Holm's step-down: family-wise error over (k,) p values, any dependence."""
    order = np.argsort(p, kind="stable")
    scaled = np.asarray(p, dtype=np.float64)[order] * np.arange(len(p), 0, -1)
    return _unsort(np.minimum(np.maximum.accumulate(scaled), 1.0), order)


def benjamini_hochberg(p: FloatArray) -> FloatArray:
    """Benjamini and Hochberg's step-up: false discovery rate, for exploratory grids."""
    order = np.argsort(p, kind="stable")
    scaled = np.asarray(p, dtype=np.float64)[order] * len(p) / np.arange(1, len(p) + 1)
    stepped = np.minimum.accumulate(scaled[::-1])[::-1]
    return _unsort(np.minimum(stepped, 1.0), order)


def _unsort(values: FloatArray, order: NDArray[np.int64]) -> FloatArray:
    back = np.empty_like(values)
    back[order] = values
    return back

"""Correct p values for multiple comparisons, where the joint sign-flip test does not apply."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .paired import FloatArray


def holm(p: FloatArray) -> FloatArray:
    """Adjust (k,) p values by Holm's step-down procedure: family-wise error under any dependence.

    Raises ValueError for a missing p value (NaN), which would count as a test and shift the others.
    """
    _require_all(p)
    order = np.argsort(p, kind="stable")
    scaled = np.asarray(p, dtype=np.float64)[order] * np.arange(len(p), 0, -1)
    return _unsort(np.minimum(np.maximum.accumulate(scaled), 1.0), order)


def benjamini_hochberg(p: FloatArray) -> FloatArray:
    """Adjust (k,) p values by Benjamini and Hochberg's step-up procedure: the false discovery rate.

    Raises ValueError for a missing p value (NaN), which would make all others missing.
    """
    _require_all(p)
    order = np.argsort(p, kind="stable")
    scaled = np.asarray(p, dtype=np.float64)[order] * len(p) / np.arange(1, len(p) + 1)
    stepped = np.minimum.accumulate(scaled[::-1])[::-1]
    return _unsort(np.minimum(stepped, 1.0), order)


def _require_all(p: FloatArray) -> None:
    if np.isnan(p).any():
        raise ValueError("a p value is missing (NaN); leave it out before the correction")


def _unsort(values: FloatArray, order: NDArray[np.int64]) -> FloatArray:
    original = np.empty_like(values)
    original[order] = values
    return original

"""One claim over several settings, made twice: on these settings, and on settings like these.

They differ by orders of magnitude in p (statistics of fixed and of random settings), so both are told."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

import numpy as np

from .multiplicity import holm
from .paired import FloatArray, paired
from .signflip import Block, step_down


class Across(NamedTuple):
    """One arm over all settings, each setting with the same weight; points.

    `on_these`: adjusted p of the joint sign flips over all (setting, seed) blocks. `on_such`: Holm-adjusted p of
    a t test with one mean a setting (settings - 1 degrees of freedom), `low` and `high` its 95 % interval."""

    arm: str
    settings: int
    mean: float
    on_these: float
    on_such: float
    low: float
    high: float


def across(blocks: list[Block], rng: np.random.Generator) -> list[Across]:
    """For every arm; NaN where a setting has no pair of it, or where there is one setting only."""
    arms = blocks[0].arms
    means = np.array([_mean(block.differences) for block in blocks])
    weighted = np.vstack([_weighted(block.differences, len(blocks)) for block in blocks])
    weighted[:, np.isnan(means).any(0)] = nan
    these = step_down([Block(weighted * len(weighted), arms)], rng).adjusted[0]
    tests = [paired(column) if np.isfinite(column).all() else paired(np.array([])) for column in means.T]
    such = np.array([test.p for test in tests])
    known = np.isfinite(such)
    such[known] = holm(such[known])
    return [
        Across(
            arm,
            len(blocks),
            float(means[:, a].mean()),
            float(these[a]),
            float(such[a]),
            tests[a].low,
            tests[a].high,
        )
        for a, arm in enumerate(arms)
    ]


def _mean(differences: FloatArray) -> FloatArray:
    there = np.isfinite(differences)
    counts = there.sum(0)
    means: FloatArray = np.where(
        counts > 0, np.where(there, differences, 0).sum(0) / np.maximum(counts, 1), nan
    )
    return means


def _weighted(differences: FloatArray, settings: int) -> FloatArray:
    """Rows whose sum is the setting's mean over the number of settings; a missing pair adds nothing."""
    there = np.isfinite(differences)
    weights: FloatArray = np.where(there, differences, 0.0) / (settings * np.maximum(there.sum(0), 1))
    return weights

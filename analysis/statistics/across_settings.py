"""Compare arms with the baseline over several settings at once, under two null hypotheses.

One asks whether other seeds on these settings would agree, the other whether other, similar settings would. Their p
values can differ by orders of magnitude (settings as fixed or as random effects), so the report prints both."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

import numpy as np

from .multiplicity import holm
from .paired import FloatArray, PairedTest, paired_t_test
from .signflip import Block, cell_means, step_down


class OverSettings(NamedTuple):
    """One arm over all settings, each setting with equal weight; differences in points.

    `on_these`: adjusted p of the joint sign flips over all (setting, seed) blocks. `on_such`: Holm-adjusted p of a
    t test on the settings' means (settings - 1 degrees of freedom); `low`, `high`: its 95 % interval."""

    arm: str
    settings: int
    mean: float
    on_these: float
    on_such: float
    low: float
    high: float


def compare_over_settings(blocks: list[Block], rng: np.random.Generator) -> list[OverSettings]:
    """Test every arm over all settings; the p values are NaN for an arm that has no pair on some setting."""
    means = np.array([cell_means(block.differences) for block in blocks])
    on_these = _fixed_settings_p(blocks, means, rng)
    tests = [_random_settings_test(column) for column in means.T]
    on_such = np.array([test.p for test in tests])
    known = np.isfinite(on_such)
    on_such[known] = holm(on_such[known])
    return [
        OverSettings(
            arm=arm,
            settings=len(blocks),
            mean=float(means[:, a].mean()),
            on_these=float(on_these[a]),
            on_such=float(on_such[a]),
            low=tests[a].low,
            high=tests[a].high,
        )
        for a, arm in enumerate(blocks[0].arms)
    ]


def _fixed_settings_p(blocks: list[Block], means: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Return the step-down p of each arm, (arms,), with all blocks of all settings flipped in one family."""
    weighted = np.vstack([_weight_equally(block.differences, len(blocks)) for block in blocks])
    weighted[:, np.isnan(means).any(0)] = nan
    return step_down([Block(weighted * len(weighted), blocks[0].arms)], rng).adjusted[0]


def _random_settings_test(means: FloatArray) -> PairedTest:
    return paired_t_test(means if np.isfinite(means).all() else np.array([]))


def _weight_equally(differences: FloatArray, settings: int) -> FloatArray:
    """Scale rows so that their sum is the setting's mean over the number of settings; missing pairs become 0."""
    present = np.isfinite(differences)
    weights: FloatArray = np.where(present, differences, 0.0) / (settings * np.maximum(present.sum(0), 1))
    return weights

"""Compare all arms of a family with each other, and compute its power at other numbers of seeds; for figures."""

from __future__ import annotations

from itertools import combinations
from math import nan
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..statistics import equivalence_power, holm, power, sign_flip_p, smallest_p
from ..statistics.paired import FloatArray
from .family import Family
from .verdicts import SEED

MAX_ARMS = 14  # a larger matrix is unreadable
SEEDS = (3, 4, 5, 6, 8, 10, 12, 15)
NEAR_CERTAIN = 0.999


class Pair(NamedTuple):
    """Two arms over all (setting, seed) blocks that both have.

    `mean`: of first - second in points, each setting with equal weight; `wins` and `losses`: of the first among
    `blocks`; `p`: sign-flip p, Holm-adjusted over all pairs of arms."""

    first: str
    second: str
    mean: float
    wins: int
    losses: int
    blocks: int
    p: float


class PowerAtSeeds(NamedTuple):
    """Probability, with that many seeds, of BETTER for an arm that is better by the margin, or by twice the margin,
    and of EQUIVALENT for an arm equal to the baseline."""

    seeds: int
    better: float
    better_twice: float
    equivalent: float


def compare_pairs(family: Family) -> list[Pair]:
    """Compare every pair of arms, positive controls left out; empty below 3 and above MAX_ARMS arms."""
    arms = [a for a in (family.baseline, *family.arms) if family.roles.get(a) != "positive_control"]
    if not 3 <= len(arms) <= MAX_ARMS:
        return []
    pairs = [_compare_pair(family, first, second) for first, second in combinations(arms, 2)]
    known = [i for i, pair in enumerate(pairs) if pair.p == pair.p]
    adjusted = holm(np.array([pairs[i].p for i in known]))
    for i, p in zip(known, adjusted, strict=True):
        pairs[i] = pairs[i]._replace(p=float(p))
    return pairs


def _compare_pair(family: Family, first: str, second: str) -> Pair:
    columns = [
        (table[first] - table[second]).dropna().to_numpy(np.float64) for table in family.scores.values()
    ]
    blocks = np.concatenate(columns)
    means = [float(column.mean()) for column in columns if len(column)]
    # equal weight per setting, as in the table over all settings
    weighted: FloatArray = np.concatenate([c / len(c) for c in columns if len(c)]) if means else blocks
    return Pair(
        first=first,
        second=second,
        mean=float(np.mean(means)) if means else nan,
        wins=int(np.sum(blocks > 0)),
        losses=int(np.sum(blocks < 0)),
        blocks=len(blocks),
        p=sign_flip_p(weighted, np.random.default_rng(SEED)) if len(blocks) > 1 else nan,
    )


def block_differences(family: Family) -> pd.DataFrame:
    """Return every paired difference, positive controls left out; columns arm, setting, seed, difference (points)."""
    rows = [
        (cell.arm, cell.setting, seed, difference)
        for cell in family.cells
        if family.roles.get(cell.arm) != "positive_control"
        for seed, difference in zip(cell.seeds, cell.differences, strict=True)
    ]
    return pd.DataFrame(rows, columns=["arm", "setting", "seed", "difference"])


def power_by_seeds(family: Family, *, repetitions: int = 80) -> list[PowerAtSeeds]:
    """Simulate the power for the family's own size, margin and observed spread; empty where no spread is known."""
    spreads = [c.paired.sd for c in family.cells if c.paired.sd == c.paired.sd and c.paired.sd > 0]
    if not spreads:
        return []
    ratio = family.margin / float(np.sqrt(np.mean(np.square(spreads))))
    powers: list[PowerAtSeeds] = []
    for seeds in SEEDS:
        certain = powers and powers[-1].better >= NEAR_CERTAIN  # more seeds only raise it
        once = 1.0 if certain else _simulate_power(family, seeds, ratio, repetitions)
        twice = 1.0 if once >= NEAR_CERTAIN else _simulate_power(family, seeds, 2 * ratio, repetitions)
        equivalent = equivalence_power(seeds, ratio, alpha=family.alpha)
        powers.append(PowerAtSeeds(seeds, once, twice, equivalent))
    return powers


def _simulate_power(family: Family, seeds: int, effect: float, repetitions: int) -> float:
    if smallest_p(seeds) > family.alpha:
        return 0.0
    return power(
        effect,
        np.random.default_rng([SEED, seeds]),
        seeds=seeds,
        arms=len(family.arms),
        settings=len(family.settings),
        alpha=family.alpha,
        repetitions=repetitions,
    )

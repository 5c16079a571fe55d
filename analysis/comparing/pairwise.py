"""All arms beside each other, and what other numbers of seeds could have told: for figures."""

from __future__ import annotations

from itertools import combinations
from math import nan
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..statistics import equivalence_power, flip_p, holm, power, smallest_p
from ..statistics.paired import FloatArray
from .verdicts import SEED, Family

MOST_ARMS = 14  # more make a matrix that nobody reads
SEEDS = (3, 4, 5, 6, 8, 10, 12, 15)
SURE = 0.999


class Pair(NamedTuple):
    """Two arms over all (setting, seed) blocks that both have: `mean` of first - second in points, each setting
    with the same weight; `wins` and `losses` of the first among `blocks`; sign-flip `p`, Holm over all pairs."""

    first: str
    second: str
    mean: float
    wins: int
    losses: int
    blocks: int
    p: float


class Chance(NamedTuple):
    """With so many seeds: the chance to call an arm BETTER that is better by the margin, and by twice the margin,
    and to call one EQUIVALENT that is equal."""

    seeds: int
    better: float
    better_twice: float
    equivalent: float


def pairs(family: Family) -> list[Pair]:
    """Every pair of the family's arms, positive controls left out; empty where there are too many."""
    arms = [a for a in (family.baseline, *family.arms) if family.roles.get(a) != "positive_control"]
    if not 3 <= len(arms) <= MOST_ARMS:
        return []
    found = [_pair(family, first, second) for first, second in combinations(arms, 2)]
    known = [place for place, pair in enumerate(found) if pair.p == pair.p]
    corrected = holm(np.array([found[place].p for place in known]))
    for place, p in zip(known, corrected, strict=True):
        found[place] = found[place]._replace(p=float(p))
    return found


def _pair(family: Family, first: str, second: str) -> Pair:
    columns = [
        (table[first] - table[second]).dropna().to_numpy(np.float64) for table in family.scores.values()
    ]
    blocks = np.concatenate(columns)
    means = [float(column.mean()) for column in columns if len(column)]
    # equal weight a setting, as in the table over all settings
    weighed: FloatArray = np.concatenate([c / len(c) for c in columns if len(c)]) if means else blocks
    p = flip_p(weighed, np.random.default_rng(SEED)) if len(blocks) > 1 else nan
    return Pair(
        first,
        second,
        float(np.mean(means)) if means else nan,
        int(np.sum(blocks > 0)),
        int(np.sum(blocks < 0)),
        len(blocks),
        p,
    )


def block_differences(family: Family) -> pd.DataFrame:
    """Every paired difference: columns arm, setting, seed, difference (points); positive controls left out."""
    rows = [
        (cell.arm, cell.setting, seed, difference)
        for cell in family.cells
        if family.roles.get(cell.arm) != "positive_control"
        for seed, difference in zip(cell.seeds, cell.differences, strict=True)
    ]
    return pd.DataFrame(rows, columns=["arm", "setting", "seed", "difference"])


def chances(family: Family, *, repetitions: int = 80) -> list[Chance]:
    """For the family's own size, margin and observed spread; empty where no spread is known."""
    spreads = [c.paired.sd for c in family.cells if c.paired.sd == c.paired.sd and c.paired.sd > 0]
    if not spreads:
        return []
    ratio = family.margin / float(np.sqrt(np.mean(np.square(spreads))))
    found: list[Chance] = []
    for seeds in SEEDS:
        sure = found and found[-1].better >= SURE  # so it stays: more seeds only help
        once = 1.0 if sure else _power(family, seeds, ratio, repetitions)
        twice = 1.0 if once >= SURE else _power(family, seeds, 2 * ratio, repetitions)
        found.append(Chance(seeds, once, twice, equivalence_power(seeds, ratio, alpha=family.alpha)))
    return found


def _power(family: Family, seeds: int, effect: float, repetitions: int) -> float:
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

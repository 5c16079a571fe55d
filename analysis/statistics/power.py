"""What a design can see, and what more seeds would change: simulated with the very test that decides."""

from __future__ import annotations

import functools
from math import inf, nan, sqrt
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

from .equivalence import tost_columns
from .paired import FloatArray, finite
from .signflip import Block, smallest_p, step_down
from .verdict import FEWEST_FOR_EQUIVALENCE, decide_family

SHARED = 0.5  # correlation of two arms' differences when all runs vary alike: they share the baseline's run
QUICK = 2**11  # sign vectors a simulated test enumerates; beyond, it draws 1,023
SIMULATED_DRAWS = 1_023
LARGEST = 16.0  # sd's: an effect beyond is not looked for


class Reach(NamedTuple):
    """What a design can tell: `possible` is whether its smallest p passes alpha; effects in units of the
    differences' sd, NaN where nothing can be told."""

    seeds: int
    smallest: float
    possible: bool
    seeds_for_any: int
    detectable: float


class MoreSeeds(NamedTuple):
    """Seeds still needed for a verdict in 80 of 100 futures: as spread as seen, and at the 80 % upper limit
    of the spread. None: not within the seeds that were tried."""

    likely: int | None
    safe: int | None
    tried: int


def fewest_seeds(alpha: float = 0.05) -> int:
    """The fewest seeds with which the test can pass alpha at all: 6 at 0.05."""
    return next(s for s in range(1, 64) if smallest_p(s) <= alpha)


def power(
    effect: float,
    rng: np.random.Generator,
    *,
    seeds: int,
    arms: int = 1,
    settings: int = 1,
    alpha: float = 0.05,
    repetitions: int = 400,
) -> float:
    """Chance that one arm, truly `effect` sd's off, is told from the baseline; the others are null."""
    hits = 0
    for _ in range(repetitions):
        blocks = [Block(null_differences(rng, seeds, arms), ("",) * arms) for _ in range(settings)]
        blocks[0].differences[:, 0] += effect
        adjusted = step_down(blocks, rng, exact=QUICK, draws=SIMULATED_DRAWS).adjusted[0][0]
        hits += bool(adjusted <= alpha + 1e-12)
    return hits / repetitions


def null_differences(rng: np.random.Generator, seeds: int, arms: int) -> FloatArray:
    """(seeds, arms) standard normal differences, correlated by the baseline that the arms share."""
    own, shared = rng.standard_normal((seeds, arms)), rng.standard_normal((seeds, 1))
    drawn: FloatArray = sqrt(1 - SHARED) * own + sqrt(SHARED) * shared
    return drawn


def detectable(
    *,
    seeds: int,
    arms: int = 1,
    settings: int = 1,
    alpha: float = 0.05,
    chance: float = 0.8,
    repetitions: int = 400,
    seed: int = 0,
) -> float:
    """The true difference, in sd's of the paired ones, found with the given chance; NaN: none is."""
    if smallest_p(seeds) > alpha:
        return nan

    @functools.cache
    def shortfall(effect: float) -> float:
        rng = np.random.default_rng(seed)  # the same noise at every effect keeps the curve monotone
        found = power(
            effect, rng, seeds=seeds, arms=arms, settings=settings, alpha=alpha, repetitions=repetitions
        )
        return found - chance

    likely = detectable_dz(seeds, alpha=alpha / (arms * settings))
    bounds = [bound for bound in (likely / 2, likely, 2 * likely) if bound < LARGEST] + [LARGEST]
    lower = 0.0
    for upper in bounds:  # near to where it is first: every look costs a simulation
        if shortfall(upper) > 0:
            return float(optimize.brentq(shortfall, lower, upper, xtol=0.01))
        lower = upper
    return nan


def reach(*, seeds: int, arms: int, settings: int, alpha: float = 0.05, repetitions: int = 200) -> Reach:
    """All of a design before it costs anything."""
    smallest, fewest = smallest_p(seeds), fewest_seeds(alpha)
    found = detectable(seeds=seeds, arms=arms, settings=settings, alpha=alpha, repetitions=repetitions)
    return Reach(seeds, smallest, smallest <= alpha, fewest, found)


def equivalence_power(
    seeds: int, margin: float, *, repetitions: int = 4_000, alpha: float = 0.05, seed: int = 0
) -> float:
    """Chance to show EQUIVALENT where there is no difference at all; `margin` in sd's of the differences."""
    if seeds < FEWEST_FOR_EQUIVALENCE:
        return 0.0
    drawn = np.random.default_rng(seed).standard_normal((seeds, repetitions))
    return float(np.mean(tost_columns(drawn, margin=margin) <= alpha))


def equivalence_margin(
    seeds: int, *, chance: float = 0.8, repetitions: int = 4_000, alpha: float = 0.05, seed: int = 0
) -> float:
    """The margin, in sd's of the differences, within which equal arms are shown to be; NaN: too few seeds."""
    if seeds < FEWEST_FOR_EQUIVALENCE:
        return nan
    drawn = np.random.default_rng(seed).standard_normal((seeds, repetitions))
    error = drawn.std(axis=0, ddof=1) / sqrt(seeds)
    needed = np.abs(drawn.mean(0)) + stats.t.ppf(1 - alpha, seeds - 1) * error
    return float(np.quantile(needed, chance))


def detectable_dz(seeds: int, *, alpha: float = 0.05, chance: float = 0.8) -> float:
    """The same for one plain paired t test, in closed form: a cross-check and a first guess; infinite beyond 16."""

    def shortfall(dz: float) -> float:
        t, df = stats.t.ppf(1 - alpha / 2, seeds - 1), seeds - 1
        other_side = np.nan_to_num(stats.nct.cdf(-t, df, dz * sqrt(seeds)))  # underflows to NaN far out
        return float(stats.nct.sf(t, df, dz * sqrt(seeds)) + other_side) - chance

    return float(optimize.brentq(shortfall, 1e-6, LARGEST)) if shortfall(LARGEST) > 0 else inf


def spread_limit(differences: FloatArray, *, confidence: float = 0.8) -> float:
    """Upper limit of the sd: what a careful plan for more seeds plugs in."""
    d = finite(differences)
    if len(d) < 2:
        return nan
    return float(d.std(ddof=1) * sqrt((len(d) - 1) / stats.chi2.ppf(1 - confidence, len(d) - 1)))


def more_seeds(
    blocks: list[Block],
    open_cells: list[tuple[int, int]],
    *,
    margin: float,
    alpha: float = 0.05,
    chance: float = 0.8,
    repetitions: int = 100,
    seed: int = 0,
) -> dict[tuple[int, int], MoreSeeds]:
    """For each open (setting, arm) cell, the seeds to add to those that are there.

    Futures keep the observed blocks and add ones drawn jointly over the arms, with their mean and
    covariance; each is decided by the same joint test and TOST."""
    tried = (1, 2, 3, 4, 6, 8, 11, 15, 20)
    likely = _first_enough(blocks, open_cells, tried, 0.5, margin, alpha, chance, repetitions, seed)
    safe = _first_enough(blocks, open_cells, tried, 0.8, margin, alpha, chance, repetitions, seed)
    return {cell: MoreSeeds(likely.get(cell), safe.get(cell), tried[-1]) for cell in open_cells}


def _first_enough(
    blocks: list[Block],
    open_cells: list[tuple[int, int]],
    tried: tuple[int, ...],
    confidence: float,
    margin: float,
    alpha: float,
    chance: float,
    repetitions: int,
    seed: int,
) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for extra in tried:
        waiting = [cell for cell in open_cells if cell not in found]
        if not waiting:
            break
        rng = np.random.default_rng([seed, extra])
        decided = dict.fromkeys(waiting, 0)
        for _ in range(repetitions):
            future = [_extended(block, rng, extra, confidence) for block in blocks]
            words = decide_family(
                future, rng, margin=margin, alpha=alpha, exact=QUICK, draws=SIMULATED_DRAWS
            ).words
            for t, a in waiting:
                decided[t, a] += words[t][a] not in (None, "INCONCLUSIVE")
        found.update({cell: extra for cell, count in decided.items() if count >= chance * repetitions})
    return found


def _extended(block: Block, rng: np.random.Generator, extra: int, confidence: float) -> Block:
    d = block.differences
    there = np.isfinite(d)
    counts = np.maximum(there.sum(0), 1)
    mean = np.where(there, d, 0.0).sum(0) / counts
    centred = np.where(there, d - mean, 0.0) / np.sqrt(np.maximum(counts - 1, 1))
    n = len(d)
    scale = sqrt((n - 1) / stats.chi2.ppf(1 - confidence, n - 1)) if n > 1 and confidence != 0.5 else 1.0
    drawn = mean + scale * (rng.standard_normal((extra, n)) @ centred)
    drawn[:, there.sum(0) < 2] = np.nan
    return Block(np.vstack([d, drawn]), block.arms)

"""Power of a design, simulated with the test that decides the verdicts."""

from __future__ import annotations

import functools
from math import inf, nan, sqrt
from typing import NamedTuple

import numpy as np
from scipy import optimize, stats

from .equivalence import tost_columns
from .paired import FloatArray
from .signflip import Block, smallest_p, step_down
from .verdict import MIN_PAIRS_FOR_EQUIVALENCE

BASELINE_CORRELATION = 0.5  # of two arms' differences when all runs vary alike: they share the baseline's run
SIMULATED_EXACT = 2**11  # sign vectors a simulated test enumerates; beyond, it draws 1,023
SIMULATED_DRAWS = 1_023
LARGEST_EFFECT = 16.0  # in sd's: larger effects are not searched for


class Sensitivity(NamedTuple):
    """What a design can detect. `can_decide`: whether its smallest p is at most alpha; `fewest_seeds`: the fewest
    with which any design can; `detectable_effect`: in sd's of the differences, NaN where nothing can be detected."""

    seeds: int
    smallest_p: float
    can_decide: bool
    fewest_seeds: int
    detectable_effect: float


def fewest_seeds(alpha: float = 0.05) -> int:
    """Return the fewest seeds whose smallest attainable p is at most alpha: 6 at 0.05."""
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
    """Return the probability that an arm with a true effect of `effect` sd's is found significant, all other arms
    being null."""
    hits = 0
    for _ in range(repetitions):
        blocks = [Block(null_differences(rng, seeds, arms), ("",) * arms) for _ in range(settings)]
        blocks[0].differences[:, 0] += effect
        adjusted = step_down(blocks, rng, exact=SIMULATED_EXACT, draws=SIMULATED_DRAWS).adjusted[0][0]
        hits += bool(adjusted <= alpha + 1e-12)
    return hits / repetitions


def null_differences(rng: np.random.Generator, seeds: int, arms: int) -> FloatArray:
    """Draw (seeds, arms) standard normal differences, correlated through the baseline that the arms share."""
    own, shared = rng.standard_normal((seeds, arms)), rng.standard_normal((seeds, 1))
    differences: FloatArray = sqrt(1 - BASELINE_CORRELATION) * own + sqrt(BASELINE_CORRELATION) * shared
    return differences


def detectable_effect(
    *,
    seeds: int,
    arms: int = 1,
    settings: int = 1,
    alpha: float = 0.05,
    chance: float = 0.8,
    repetitions: int = 400,
    seed: int = 0,
) -> float:
    """Return the true effect, in sd's of the paired differences, that is detected with probability `chance`; NaN if
    none up to LARGEST_EFFECT is."""
    if smallest_p(seeds) > alpha:
        return nan

    @functools.cache
    def shortfall(effect: float) -> float:
        rng = np.random.default_rng(seed)  # the same noise at every effect keeps the curve monotone
        simulated = power(
            effect, rng, seeds=seeds, arms=arms, settings=settings, alpha=alpha, repetitions=repetitions
        )
        return simulated - chance

    guess = detectable_dz(seeds, alpha=alpha / (arms * settings))
    bounds = [bound for bound in (guess / 2, guess, 2 * guess) if bound < LARGEST_EFFECT] + [LARGEST_EFFECT]
    lower = 0.0
    for upper in bounds:  # start near the guess: every evaluation is a simulation
        if shortfall(upper) > 0:
            return float(optimize.brentq(shortfall, lower, upper, xtol=0.01))
        lower = upper
    return nan


def design_sensitivity(
    *, seeds: int, arms: int, settings: int, alpha: float = 0.05, repetitions: int = 200
) -> Sensitivity:
    """Return what a design of that size can detect, before any run."""
    smallest, fewest = smallest_p(seeds), fewest_seeds(alpha)
    effect = detectable_effect(
        seeds=seeds, arms=arms, settings=settings, alpha=alpha, repetitions=repetitions
    )
    return Sensitivity(seeds, smallest, smallest <= alpha, fewest, effect)


def equivalence_power(
    seeds: int, margin: float, *, repetitions: int = 4_000, alpha: float = 0.05, seed: int = 0
) -> float:
    """Return the probability of EQUIVALENT for an arm equal to the baseline; `margin` in sd's of the differences."""
    if seeds < MIN_PAIRS_FOR_EQUIVALENCE:
        return 0.0
    differences = _equal_arms(seeds, repetitions, seed)
    return float(np.mean(tost_columns(differences, margin=margin) <= alpha))


def equivalence_margin(
    seeds: int, *, chance: float = 0.8, repetitions: int = 4_000, alpha: float = 0.05, seed: int = 0
) -> float:
    """Return the margin, in sd's of the differences, at which equal arms are EQUIVALENT with probability `chance`;
    NaN for too few seeds."""
    if seeds < MIN_PAIRS_FOR_EQUIVALENCE:
        return nan
    differences = _equal_arms(seeds, repetitions, seed)
    error = differences.std(axis=0, ddof=1) / sqrt(seeds)
    needed = np.abs(differences.mean(0)) + stats.t.ppf(1 - alpha, seeds - 1) * error
    return float(np.quantile(needed, chance))


def _equal_arms(seeds: int, repetitions: int, seed: int) -> FloatArray:
    """Draw (seeds, repetitions) standard normal differences."""
    differences: FloatArray = np.random.default_rng(seed).standard_normal((seeds, repetitions))
    return differences


def detectable_dz(seeds: int, *, alpha: float = 0.05, chance: float = 0.8) -> float:
    """Return the effect that one plain paired t test detects with probability `chance`, in closed form (noncentral t);
    infinite beyond LARGEST_EFFECT."""

    def shortfall(dz: float) -> float:
        t, df = stats.t.ppf(1 - alpha / 2, seeds - 1), seeds - 1
        other_side = np.nan_to_num(stats.nct.cdf(-t, df, dz * sqrt(seeds)))  # underflows to NaN far out
        return float(stats.nct.sf(t, df, dz * sqrt(seeds)) + other_side) - chance

    return float(optimize.brentq(shortfall, 1e-6, LARGEST_EFFECT)) if shortfall(LARGEST_EFFECT) > 0 else inf

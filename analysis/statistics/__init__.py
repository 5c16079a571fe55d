"""Paired comparisons of few seeds: arrays in, named tuples out, randomness an argument.

The unit is the paired difference d = arm - baseline of one (setting, seed) block, in points of the metric.
"""

from .across_settings import Across, across
from .aggregating import (
    expected_maximum,
    expected_maximum_unbiased,
    interquartile_mean,
    performance_profile,
    weighted_interquartile_mean,
)
from .equivalence import Equivalence, RegionOfEquivalence, region_of_equivalence, tost
from .multiplicity import benjamini_hochberg, holm
from .noise_floor import NoiseFloor, best_of_nulls, noise_floor, probability_of_improvement
from .paired import (
    Effect,
    Paired,
    bootstrap_t,
    hedges_factor,
    paired,
    percentile_bootstrap,
    relative_error_reduction,
    seed_correlation,
    unpaired_permutation,
)
from .power import (
    MoreSeeds,
    Reach,
    detectable,
    detectable_dz,
    equivalence_margin,
    equivalence_power,
    fewest_seeds,
    more_seeds,
    power,
    reach,
    spread_limit,
)
from .ranking import Friedman, friedman, friedman_exact, nemenyi_difference
from .signflip import Block, StepDown, flip_p, smallest_p, step_down
from .skewness import Skewness, pooled_skewness
from .verdict import Decisions, decide, decide_family

__all__ = [
    "Across",
    "Block",
    "Decisions",
    "Effect",
    "Equivalence",
    "Friedman",
    "MoreSeeds",
    "NoiseFloor",
    "Paired",
    "Reach",
    "RegionOfEquivalence",
    "Skewness",
    "StepDown",
    "across",
    "benjamini_hochberg",
    "best_of_nulls",
    "bootstrap_t",
    "decide",
    "decide_family",
    "detectable",
    "detectable_dz",
    "equivalence_margin",
    "equivalence_power",
    "expected_maximum",
    "expected_maximum_unbiased",
    "fewest_seeds",
    "flip_p",
    "friedman",
    "friedman_exact",
    "hedges_factor",
    "holm",
    "interquartile_mean",
    "more_seeds",
    "nemenyi_difference",
    "noise_floor",
    "paired",
    "percentile_bootstrap",
    "performance_profile",
    "pooled_skewness",
    "power",
    "probability_of_improvement",
    "reach",
    "region_of_equivalence",
    "relative_error_reduction",
    "seed_correlation",
    "smallest_p",
    "spread_limit",
    "step_down",
    "tost",
    "unpaired_permutation",
    "weighted_interquartile_mean",
]

"""Paired comparisons over few seeds.

Functions take arrays and return named tuples; every random number comes from a generator or a seed that the caller
passes. The unit of analysis is the paired difference d = arm - baseline of one (setting, seed) block, in points of the
metric (percentage points).
"""

from .across_settings import OverSettings, compare_over_settings
from .aggregating import (
    expected_maximum,
    expected_maximum_unbiased,
    interquartile_mean,
    performance_profile,
    weighted_interquartile_mean,
)
from .equivalence import Equivalence, RegionOfEquivalence, region_of_equivalence, tost
from .more_seeds import MoreSeeds, more_seeds, sd_upper_limit
from .multiplicity import benjamini_hochberg, holm
from .noise_floor import NoiseFloor, best_of_nulls, noise_floor, probability_of_improvement
from .paired import (
    EffectSize,
    PairedTest,
    bootstrap_t,
    hedges_factor,
    paired_t_test,
    percentile_bootstrap,
    relative_error_reduction,
    seed_correlation,
    unpaired_permutation,
)
from .power import (
    Sensitivity,
    design_sensitivity,
    detectable_dz,
    detectable_effect,
    equivalence_margin,
    equivalence_power,
    fewest_seeds,
    power,
)
from .ranking import Friedman, friedman, friedman_exact, nemenyi_difference
from .signflip import Block, StepDown, sign_flip_p, smallest_p, step_down
from .skewness import Skewness, pooled_skewness
from .verdict import Decisions, decide, decide_family

__all__ = [
    "Block",
    "Decisions",
    "EffectSize",
    "Equivalence",
    "Friedman",
    "MoreSeeds",
    "NoiseFloor",
    "OverSettings",
    "PairedTest",
    "RegionOfEquivalence",
    "Sensitivity",
    "Skewness",
    "StepDown",
    "benjamini_hochberg",
    "best_of_nulls",
    "bootstrap_t",
    "compare_over_settings",
    "decide",
    "decide_family",
    "design_sensitivity",
    "detectable_dz",
    "detectable_effect",
    "equivalence_margin",
    "equivalence_power",
    "expected_maximum",
    "expected_maximum_unbiased",
    "fewest_seeds",
    "friedman",
    "friedman_exact",
    "hedges_factor",
    "holm",
    "interquartile_mean",
    "more_seeds",
    "nemenyi_difference",
    "noise_floor",
    "paired_t_test",
    "percentile_bootstrap",
    "performance_profile",
    "pooled_skewness",
    "power",
    "probability_of_improvement",
    "region_of_equivalence",
    "relative_error_reduction",
    "sd_upper_limit",
    "seed_correlation",
    "sign_flip_p",
    "smallest_p",
    "step_down",
    "tost",
    "unpaired_permutation",
    "weighted_interquartile_mean",
]

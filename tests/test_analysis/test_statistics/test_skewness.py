"""Pooled skewness of paired differences."""

import numpy as np

from analysis.statistics import Block, pooled_skewness

RNG = np.random.default_rng


def test_normal_differences_are_called_skewed_in_about_one_of_a_hundred() -> None:
    rng, exceeds_limit = RNG(0), 0
    for _ in range(150):
        blocks = [Block(rng.normal(size=(6, 4)) - rng.normal(size=(6, 1)), tuple("abcd")) for _ in range(2)]
        exceeds_limit += pooled_skewness(blocks, rng, simulations=200).exceeds_limit
    assert exceeds_limit <= 8


def test_clearly_skewed_differences_of_a_large_table_are_noticed() -> None:
    rng = RNG(0)
    blocks = [Block(rng.lognormal(0.0, 1.0, (10, 12)), ("",) * 12) for _ in range(3)]
    assert pooled_skewness(blocks, rng).exceeds_limit


def test_constant_or_missing_differences_have_no_shape() -> None:
    gap = np.full((6, 2), np.nan)
    assert not pooled_skewness([Block(gap, ("a", "b"))], RNG(0)).exceeds_limit
    assert not pooled_skewness([Block(np.ones((6, 2)), ("a", "b"))], RNG(0)).exceeds_limit

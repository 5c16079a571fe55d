"""Comparisons over several settings."""

import numpy as np
import pytest

from analysis.statistics import Block, compare_over_settings, paired_t_test

RNG = np.random.default_rng


def test_one_setting_weighs_as_much_as_another_whatever_its_seeds() -> None:
    blocks = [Block(np.full((4, 1), 1.0), ("a",)), Block(np.full((8, 1), 3.0), ("a",))]
    assert compare_over_settings(blocks, RNG(0))[0].mean == pytest.approx(2.0)


def test_on_these_settings_flips_every_block_and_on_such_tests_one_mean_a_setting() -> None:
    blocks = [Block(RNG(t).normal(0.4, 0.1, (5, 1)) + 0.1 * t, ("a",)) for t in range(4)]
    result = compare_over_settings(blocks, RNG(0))[0]
    assert result.on_these == pytest.approx(2.0**-19)
    means = np.array([block.differences.mean() for block in blocks])
    assert result.on_such == pytest.approx(paired_t_test(means).p)
    assert (result.low, result.high) == (paired_t_test(means).low, paired_t_test(means).high)


def test_few_settings_say_little_about_settings_like_them() -> None:
    blocks = [Block(RNG(t).normal(2.0, 0.1, (6, 1)), ("a",)) for t in range(2)]
    result = compare_over_settings(blocks, RNG(0))[0]
    assert result.on_these == pytest.approx(2.0**-11)
    assert result.on_such > 5 * result.on_these
    assert result.on_such == pytest.approx(paired_t_test(np.array([b.differences.mean() for b in blocks])).p)


def test_arms_without_effect_are_significant_on_these_settings_in_at_most_five_of_a_hundred() -> None:
    rng, hits = RNG(1), 0
    for _ in range(300):
        blocks = [Block(rng.normal(size=(5, 3)) - rng.normal(size=(5, 1)), ("a", "b", "c")) for _ in range(2)]
        hits += min(result.on_these for result in compare_over_settings(blocks, rng)) <= 0.05
    assert hits / 300 <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)


def test_an_arm_that_is_missing_on_a_setting_gets_no_claim_over_all() -> None:
    gap = RNG(0).normal(1, 0.1, (6, 2))
    gap[:, 0] = np.nan
    result = compare_over_settings(
        [Block(RNG(1).normal(1, 0.1, (6, 2)), ("a", "b")), Block(gap, ("a", "b"))], RNG(0)
    )
    assert np.isnan([result[0].mean, result[0].on_these, result[0].on_such]).all()
    assert result[1].on_these < 0.01
    assert result[1].on_such == pytest.approx(paired_t_test(np.array([1.0, 1.0]) * result[1].mean).p, abs=0.2)

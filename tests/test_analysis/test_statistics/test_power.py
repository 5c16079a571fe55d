"""Power simulated for a design, against closed forms and published tables."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from analysis.statistics import (
    design_sensitivity,
    detectable_dz,
    detectable_effect,
    equivalence_power,
    fewest_seeds,
    power,
)

RNG = np.random.default_rng


def test_the_closed_form_is_the_published_table() -> None:
    result = [detectable_dz(s) for s in (3, 4, 5, 6, 8, 10, 15, 20, 30)]
    assert_allclose(result, [3.26, 2.13, 1.68, 1.43, 1.16, 1.00, 0.78, 0.66, 0.53], atol=6e-3)


def test_six_seeds_are_the_fewest_that_can_pass_five_percent() -> None:
    assert fewest_seeds(0.05) == 6
    assert fewest_seeds(0.01) == 8


def test_three_seeds_cannot_detect_any_effect() -> None:
    plan = design_sensitivity(seeds=3, arms=4, settings=2)
    assert (plan.smallest_p, plan.can_decide, plan.fewest_seeds) == (0.25, False, 6)
    assert np.isnan(plan.detectable_effect)


def test_one_arm_alone_needs_a_little_more_than_the_t_test() -> None:
    result = detectable_effect(seeds=10, repetitions=200)
    assert detectable_dz(10) * 0.85 < result < detectable_dz(10) * 1.25


def test_more_arms_and_settings_need_larger_effects() -> None:
    small = detectable_effect(seeds=8, arms=1, settings=1, repetitions=150)
    large = detectable_effect(seeds=8, arms=8, settings=2, repetitions=150)
    assert large > small


def test_power_grows_with_the_effect_and_is_the_error_rate_without_one() -> None:
    rates = [power(e, RNG(0), seeds=8, arms=2, repetitions=200) for e in (0.0, 1.0, 2.5)]
    assert rates[0] <= 0.08
    assert rates[0] < rates[1] < rates[2]
    assert rates[2] > 0.9


@pytest.mark.parametrize(("seeds", "chance"), [(3, 0.19), (5, 0.47), (8, 0.83), (10, 0.93)])
def test_the_chance_to_show_equivalence_is_the_published_table(seeds: int, chance: float) -> None:
    assert equivalence_power(seeds, 0.1 / 0.084) == pytest.approx(chance, abs=0.02)


@pytest.mark.parametrize(("seeds", "arms", "settings"), [(6, 60, 6), (6, 1, 1), (7, 40, 4)])
def test_a_table_of_any_size_has_its_forecast(seeds: int, arms: int, settings: int) -> None:
    result = detectable_effect(seeds=seeds, arms=arms, settings=settings, repetitions=20)
    assert np.isnan(result) or 0 < result <= 16

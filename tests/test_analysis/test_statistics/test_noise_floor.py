"""Noise floors, against published tables."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from analysis.statistics import best_of_nulls, noise_floor, probability_of_improvement
from tests.test_analysis.test_statistics.reference_data import BASE, SE


@pytest.mark.parametrize(("seeds", "floor"), [(3, 0.40), (5, 0.31), (10, 0.22)])
def test_the_noise_floor_shrinks_with_seeds_as_published(seeds: int, floor: float) -> None:
    scores = np.random.default_rng(0).normal(size=seeds)
    scores *= 0.25 / scores.std(ddof=1)
    assert noise_floor(scores).floor == pytest.approx(floor, abs=5e-3)


def test_a_failed_baseline_run_is_not_counted() -> None:
    assert noise_floor(np.append(BASE, np.nan)) == noise_floor(BASE)
    assert np.isnan(noise_floor(BASE[:1]).floor)


def test_the_expected_best_of_null_arms_grows_with_their_number() -> None:
    assert_allclose([best_of_nulls(m) for m in (3, 5, 10, 20)], [0.85, 1.16, 1.54, 1.87], atol=5e-3)


def test_the_probability_of_improvement_counts_ties_half() -> None:
    assert probability_of_improvement(SE, BASE) == pytest.approx(24 / 25)
    assert probability_of_improvement(BASE, BASE) == 0.5

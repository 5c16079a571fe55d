"""Aggregates, against published oracles."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from analysis.statistics import (
    expected_maximum,
    expected_maximum_unbiased,
    interquartile_mean,
    performance_profile,
    weighted_interquartile_mean,
)

TRIALS = np.array([0.70, 0.72, 0.75, 0.71, 0.78, 0.74, 0.69, 0.73])
SCORES = np.array(
    [[0.70, 0.61, 0.80], [0.72, 0.60, 0.83], [0.68, 0.66, 0.81], [0.75, 0.62, 0.79], [0.71, 0.59, 0.90]]
)


def test_the_expected_best_of_n_trials_is_the_oracle() -> None:
    biased = [expected_maximum(TRIALS, n) for n in (1, 2, 4, 8)]
    unbiased = [expected_maximum_unbiased(TRIALS, n) for n in (1, 2, 4, 8)]
    assert_allclose(biased, [0.7275, 0.742813, 0.756860, 0.768415], atol=5e-7)
    assert_allclose(unbiased, [0.7275, 0.745, 0.762, 0.78], atol=5e-7)


def test_more_trials_than_recorded_raise_an_error_with_the_largest_number() -> None:
    with pytest.raises(ValueError, match="n = 9 of 8 trials; take 1 to 8"):
        expected_maximum_unbiased(TRIALS, 9)


def test_the_interquartile_means_are_the_oracle() -> None:
    assert interquartile_mean(SCORES) == pytest.approx(0.714444, abs=5e-7)
    assert weighted_interquartile_mean(SCORES) == pytest.approx(0.715333, abs=5e-7)
    assert interquartile_mean(SCORES[:1]) == pytest.approx(SCORES[0].mean())


def test_the_performance_profile_is_the_oracle() -> None:
    result = performance_profile(SCORES, np.array([0.6, 0.7, 0.8]))
    assert_allclose(result, [0.866667, 0.533333, 0.2], atol=5e-7)

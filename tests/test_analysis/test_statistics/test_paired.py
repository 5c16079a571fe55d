"""Paired tests, against scipy and published oracles."""

from itertools import combinations

import numpy as np
import pytest
from numpy.testing import assert_allclose
from scipy import stats

from analysis.statistics import (
    bootstrap_t,
    hedges_factor,
    paired_t_test,
    percentile_bootstrap,
    relative_error_reduction,
    seed_correlation,
    unpaired_permutation,
)

from .reference_data import ARMS, BASE, CBAM, PLACEBO, SE

RNG = np.random.default_rng


@pytest.mark.parametrize(
    ("arm", "mean", "sd", "t", "p"),
    [
        ("se", 0.41, 0.128841, 7.115654, 0.002061),
        ("cbam", 0.418, 0.152053, 6.147059, 0.003552),
        ("placebo", 0.006, 0.084143, 0.159448, 0.881043),
    ],
)
def test_the_paired_t_test_agrees_with_scipy_and_the_oracle(
    arm: str, mean: float, sd: float, t: float, p: float
) -> None:
    ours = paired_t_test(ARMS[arm] - BASE)
    assert_allclose([ours.mean, ours.sd, ours.t, ours.p], [mean, sd, t, p], atol=5e-7)
    theirs = stats.ttest_rel(ARMS[arm], BASE)
    assert_allclose([ours.t, ours.p], [theirs.statistic, theirs.pvalue], rtol=1e-9)


def test_the_intervals_are_the_oracles() -> None:
    assert_allclose(paired_t_test(SE - BASE)[5:7], (0.250023, 0.569977), atol=5e-7)
    assert_allclose(paired_t_test(PLACEBO - BASE)[5:7], (-0.098477, 0.110477), atol=5e-7)


def test_the_effect_size_is_corrected_for_few_seeds() -> None:
    assert_allclose(paired_t_test(SE - BASE).effect, (3.182217, 0.797885, 2.539042), atol=5e-7)
    assert hedges_factor(1) != hedges_factor(1)
    assert hedges_factor(1_000) == pytest.approx(1, abs=1e-3)


def test_the_seed_correlation_is_the_oracle() -> None:
    result = [seed_correlation(arm, BASE) for arm in (SE, CBAM, PLACEBO)]
    assert_allclose(result, [0.7291, 0.6849, 0.9560], atol=5e-5)


def test_the_unpaired_permutation_is_the_oracle() -> None:
    result = [unpaired_permutation(arm, BASE) for arm in (SE, CBAM)]
    assert_allclose(result, [0.015873, 0.023810], atol=5e-7)


def test_ties_count_as_in_exact_arithmetic_where_the_published_oracle_lost_one_to_rounding() -> None:
    cents = [round(100 * v) for v in (*PLACEBO, *BASE)]
    observed = abs(sum(cents[:5]) - sum(cents[5:]))
    reached = [abs(2 * sum(pick) - sum(cents)) >= observed for pick in combinations(cents, 5)]
    assert unpaired_permutation(PLACEBO, BASE) == pytest.approx(sum(reached) / len(reached))
    assert sum(reached) == 242  # scipy, and the oracle after it, give 240 of 252


def test_the_interval_excludes_zero_exactly_when_the_t_test_rejects() -> None:
    for seed in range(300):
        test = paired_t_test(RNG(seed).normal(0.8, 1.0, 6))
        assert (test.low > 0 or test.high < 0) == (test.p < 0.05)


def test_a_missing_run_takes_its_pair_with_it() -> None:
    with_gap = np.array([0.2, np.nan, 0.4, 0.3])
    assert paired_t_test(with_gap) == paired_t_test(np.array([0.2, 0.4, 0.3]))
    assert paired_t_test(with_gap).n == 3


def test_one_pair_has_a_mean_and_nothing_else() -> None:
    test = paired_t_test(np.array([0.5]))
    assert (test.n, test.mean) == (1, 0.5)
    assert np.isnan([test.sd, test.t, test.p, test.low, test.high]).all()


def test_differences_that_do_not_vary_are_no_division_by_zero() -> None:
    constant = paired_t_test(np.full(4, 0.25))
    assert (constant.low, constant.high, constant.p) == (0.25, 0.25, 0.0)
    assert paired_t_test(np.zeros(4)).p == 1.0


def test_the_relative_error_reduction_is_a_share_of_the_error() -> None:
    assert relative_error_reduction(92.0, 90.0) == pytest.approx(0.2)
    assert np.isnan(relative_error_reduction(100.0, 100.0))


def test_the_percentile_bootstrap_is_too_narrow_and_the_studentised_is_not() -> None:
    d = RNG(3).normal(0, 1, 6)
    test = paired_t_test(d)
    low, high = percentile_bootstrap(d, RNG(0))
    assert high - low < 0.8 * (test.high - test.low)
    t_low, t_high = bootstrap_t(d, RNG(0))
    assert t_low < test.mean < t_high
    assert t_high - t_low > high - low


def test_the_same_generator_gives_the_same_interval() -> None:
    d = RNG(1).normal(0, 1, 8)
    assert bootstrap_t(d, RNG(5)) == bootstrap_t(d, RNG(5))
    assert bootstrap_t(d, RNG(5)) != bootstrap_t(d, RNG(6))


def test_too_few_or_too_many_values_raise_an_error() -> None:
    with pytest.raises(ValueError, match="3 differences are too few; 5 or more"):
        bootstrap_t(np.ones(3), RNG(0))
    with pytest.raises(ValueError, match="13 \\+ 13 values are too many to enumerate; at most 24"):
        unpaired_permutation(np.ones(13), np.ones(13))

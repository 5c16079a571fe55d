"""Corrections of p values, against statsmodels and a textbook example."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.testing import assert_allclose
from statsmodels.stats.multitest import multipletests

from analysis.statistics import benjamini_hochberg, holm, paired_t_test
from analysis.statistics.paired import FloatArray

from .reference_data import DIFFERENCES

TEXTBOOK = np.array([0.001, 0.012, 0.020, 0.04, 0.30])


def test_holm_is_the_oracle() -> None:
    p = np.array([paired_t_test(column).p for column in DIFFERENCES.T])
    assert_allclose(holm(p), [0.006184, 0.007104, 0.881043], atol=5e-7)
    assert_allclose(holm(TEXTBOOK), [0.005, 0.048, 0.06, 0.08, 0.30], atol=1e-12)


def test_benjamini_hochberg_is_the_oracle() -> None:
    p = np.array([paired_t_test(column).p for column in DIFFERENCES.T])
    assert_allclose(benjamini_hochberg(p), [0.005328, 0.005328, 0.881043], atol=5e-7)
    assert_allclose(benjamini_hochberg(TEXTBOOK), [0.005, 0.03, 1 / 30, 0.05, 0.30], atol=1e-12)


def test_both_agree_with_statsmodels_and_keep_their_order() -> None:
    rng = np.random.default_rng(0)
    for size in (1, 2, 7, 20):
        p = rng.uniform(size=size) ** 2
        assert_allclose(holm(p), multipletests(p, method="holm")[1])
        assert_allclose(benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1])
        assert np.all(holm(p) >= benjamini_hochberg(p) - 1e-15)
        assert np.all(benjamini_hochberg(p) >= p - 1e-15)


@pytest.mark.parametrize("correct", [holm, benjamini_hochberg])
def test_a_missing_p_value_is_refused_because_it_would_change_the_others(
    correct: Callable[[FloatArray], FloatArray],
) -> None:
    with pytest.raises(ValueError, match="missing"):
        correct(np.array([0.01, np.nan, 0.04]))

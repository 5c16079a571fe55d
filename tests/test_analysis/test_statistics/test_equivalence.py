"""Equivalence tests, against statsmodels and published oracles."""

import numpy as np
import pytest
from numpy.testing import assert_allclose
from statsmodels.stats.weightstats import DescrStatsW

from analysis.statistics import region_of_equivalence, tost
from analysis.statistics.equivalence import tost_columns

from .reference_data import BASE, DIFFERENCES, PLACEBO, SE


@pytest.mark.parametrize(("margin", "p"), [(0.2, 0.003359), (0.1, 0.033454)])
def test_two_one_sided_tests_are_the_oracle_and_statsmodels(margin: float, p: float) -> None:
    result = tost(PLACEBO - BASE, margin=margin)
    assert_allclose(result, (p, -0.074221, 0.086221), atol=5e-7)
    theirs = DescrStatsW(PLACEBO - BASE).ttost_mean(-margin, margin)[0]
    assert result.p == pytest.approx(theirs)


def test_the_posterior_shares_are_the_oracle_and_not_baycomps() -> None:
    assert_allclose(region_of_equivalence(SE - BASE, margin=0.1), (0.000450, 0.002434, 0.997116), atol=5e-7)
    placebo = region_of_equivalence(PLACEBO - BASE, margin=0.1)
    assert_allclose(placebo, (0.023989, 0.942557, 0.033454), atol=5e-7)
    assert abs(placebo.inside - 0.847614) > 0.05


def test_many_columns_at_once_are_each_column_alone() -> None:
    block = DIFFERENCES.copy()
    block[1, 2] = np.nan
    alone = [tost(column, margin=0.3).p for column in block.T]
    assert_allclose(tost_columns(block, margin=0.3), alone)


def test_a_constant_difference_is_equivalent_only_inside_the_margin() -> None:
    assert tost(np.full(4, 0.1), margin=0.2).p == 0.0
    assert tost(np.full(4, 0.3), margin=0.2).p == 1.0


def test_one_pair_shows_nothing() -> None:
    assert np.isnan(tost(np.array([0.0]), margin=1.0).p)


def test_a_margin_must_be_positive() -> None:
    with pytest.raises(ValueError, match="margin: 0 must be above 0 points"):
        tost(DIFFERENCES[:, 0], margin=0)

"""Rank tests, against scipy, scikit-posthocs and published oracles."""

import numpy as np
import pytest
import scikit_posthocs
from numpy.testing import assert_allclose
from scipy import stats

from analysis.statistics import friedman, friedman_exact, nemenyi_difference

SCORES = np.array([[0.70, 0.72, 0.75], [0.61, 0.65, 0.64], [0.80, 0.83, 0.86], [0.55, 0.56, 0.60]])


def test_friedman_and_iman_davenport_are_the_oracle() -> None:
    result = friedman(SCORES)
    assert result.ranks == (3.0, 1.75, 1.25)
    assert_allclose(result[1:], (6.5, 0.038774, 13.0, 0.006592), atol=5e-7)
    assert result.p_chi2 == pytest.approx(stats.friedmanchisquare(*SCORES.T).pvalue)


def test_the_exact_p_enumerates_all_rankings() -> None:
    assert friedman_exact(SCORES) == pytest.approx(0.041667, abs=5e-7)
    with pytest.raises(ValueError, match="10 settings of 6 arms are too many"):
        friedman_exact(np.zeros((10, 6)))


def test_the_nemenyi_difference_is_the_oracle_and_agrees_with_scikit_posthocs() -> None:
    assert nemenyi_difference(4, 3) == pytest.approx(1.657247, abs=5e-6)
    assert_allclose([nemenyi_difference(t, 6) for t in (3, 5, 10)], [4.35, 3.37, 2.38], atol=6e-3)
    p = scikit_posthocs.posthoc_nemenyi_friedman(SCORES).to_numpy()
    assert (p[0, 2] < 0.05) == (nemenyi_difference(4, 3) < 3.0 - 1.25)
    assert (p[0, 1] < 0.05) == (nemenyi_difference(4, 3) < 3.0 - 1.75)

"""What docs/statistics.md promises, measured again."""

import numpy as np
import pytest

from .simulations import SEEDS, SHAPES, coverage, family_error, percentile_coverage, wrong_equivalence


@pytest.mark.parametrize("seeds", SEEDS)
def test_t_intervals_cover_normal_differences_as_promised(seeds: int) -> None:
    assert 0.94 <= coverage(SHAPES["normal"], seeds) <= 0.96


def test_t_intervals_cover_symmetric_differences_whatever_their_tails() -> None:
    for shape in ("heavy tails (t, 3 df)", "difference of two skewed"):
        assert min(coverage(SHAPES[shape], seeds) for seeds in SEEDS) >= 0.94


def test_t_intervals_of_very_skewed_differences_cover_too_little() -> None:
    assert coverage(SHAPES["very skewed (log-normal)"], 6) < 0.92


def test_percentile_bootstrap_intervals_cover_too_little() -> None:
    assert percentile_coverage(3, repetitions=500) < 0.85


@pytest.mark.slow
@pytest.mark.parametrize("arms", [1, 5, 20])
@pytest.mark.parametrize("settings", [1, 2, 4])
def test_the_family_wise_error_stays_below_five_percent(arms: int, settings: int) -> None:
    assert family_error(arms, settings) <= 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / 2_000)


@pytest.mark.parametrize("seeds", SEEDS)
@pytest.mark.parametrize("margin", [0.5, 1.0, 2.0, 4.0])
def test_equivalent_is_wrong_in_at_most_five_percent(seeds: int, margin: float) -> None:
    assert wrong_equivalence(seeds, margin=margin) <= 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / 100_000)

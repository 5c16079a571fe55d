"""Verdicts and numbers as text."""

import pytest

from analysis.comparing import Comparison
from analysis.comparing.sentences import (
    describe_more_seeds,
    describe_verdict,
    format_p,
    format_points,
    format_signed,
    state_claim,
)
from analysis.statistics import MoreSeeds


@pytest.mark.parametrize(
    ("value", "text"), [(1.234, "+1.23"), (-0.5, "−0.50"), (-0.001, "0.00"), (float("nan"), "–")]
)
def test_signs_are_always_written_and_zero_has_none(value: float, text: str) -> None:
    assert format_signed(value) == text


def test_small_p_values_are_bounds() -> None:
    assert format_p(0.0312) == "p = 0.031"
    assert format_p(0.0001) == "p < 0.001"


def test_one_point_is_singular() -> None:
    assert (format_points(1.0), format_points(0.5)) == ("1 point", "0.5 points")


def test_a_verdict_reads_as_a_sentence(comparison: Comparison) -> None:
    sentence = describe_verdict(comparison.main, comparison.main.cell("scse", "classification"))
    assert sentence.verdict == "BETTER"
    assert sentence.claim.startswith("better than none by 2.")
    assert sentence.numbers.endswith("6 pairs, adjusted p = 0.031")


def test_a_real_difference_below_the_margin_is_called_that(comparison: Comparison) -> None:
    family = next(f for f in comparison.families if f.role == "leave_one_out")
    cell = family.cell("cse", "segmentation")
    assert state_claim(family, cell) == "a real difference from scse, but below the margin of 1 point"


@pytest.mark.parametrize(
    ("needed", "text"),
    [
        (MoreSeeds(1, 1, 20), "1 more seed would probably decide it"),
        (MoreSeeds(4, 11, 20), "about 4 more seeds would decide it (11 to be safe)"),
        (MoreSeeds(8, None, 20), "about 8 more seeds would decide it (more than 20 to be safe)"),
        (MoreSeeds(None, None, 20), "20 more seeds would probably not decide it either"),
    ],
)
def test_further_seeds_are_stated_with_their_uncertainty(
    comparison: Comparison, needed: MoreSeeds, text: str
) -> None:
    assert describe_more_seeds(comparison.main.cells[0]._replace(needed=needed)) == text

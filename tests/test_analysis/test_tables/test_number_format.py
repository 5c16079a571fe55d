"""Numbers as cells show them."""

from math import nan

import pytest

from analysis.comparing import Level
from analysis.tables.number_format import (
    format_amount,
    format_number,
    format_p_value,
    format_percent,
    format_score,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [(484_000, "484 k"), (9_100_000, "9.1 M"), (1.8e9, "1.8 G"), (999, "999"), (0, "0"), (nan, "–")],
)
def test_amounts_have_three_digits_and_a_unit(value: float, text: str) -> None:
    assert format_amount(value) == text


@pytest.mark.parametrize(("p", "text"), [(0.03125, "0.031"), (0.0009, "<0.001"), (1.0, "1.000"), (nan, "–")])
def test_small_p_values_are_bounds(p: float, text: str) -> None:
    assert format_p_value(p) == text


@pytest.mark.parametrize(
    ("level", "text"),
    [
        (Level(6, 86.123, 0.349), "86.12 ± 0.35"),
        (Level(1, 86.123, nan), "86.12"),
        (Level(0, nan, nan), "–"),
    ],
)
def test_scores_have_their_spread_if_there_is_one(level: Level, text: str) -> None:
    assert format_score(level) == text


def test_percentages_have_a_sign_and_numbers_have_none() -> None:
    assert (format_percent(2.31), format_percent(-0.5), format_percent(nan)) == ("+2.3 %", "−0.5 %", "–")
    assert (format_number(0.125, 2), format_number(3, 0), format_number(nan, 1)) == ("0.12", "3", "–")

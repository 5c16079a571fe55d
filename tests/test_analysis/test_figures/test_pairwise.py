"""The figures over all settings: the matrix of pairs, the profiles, and the power curves."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
import pytest

from analysis.comparing.pairwise import Pair, PowerAtSeeds
from analysis.figures import NARROW, WIDE, ArmStyle
from analysis.figures.pairwise import draw_gain_profiles, draw_pair_matrix, draw_power_curves, pair_table

from .artists import texts, xs, ys

PAIRS = [Pair("none", "better", -2.0, 1, 11, 12, 0.01), Pair("none", "worse", 0.5, 8, 4, 12, 0.4)]
ARMS = ["none", "better", "worse"]


def test_a_pair_is_shown_from_both_sides_and_pale_if_not_significant() -> None:
    values, notes = pair_table(PAIRS, ARMS, alpha=0.05, with_wins=True)
    assert (values[0, 1], values[1, 0]) == (-2.0, 2.0)
    assert (values[0, 2], values[2, 0]) == pytest.approx((0.05, -0.05))
    assert (notes[0, 1], notes[1, 0]) == ("−2.0\n1/12", "+2.0\n11/12")
    assert np.isnan(values.diagonal()).all()
    assert pair_table(PAIRS, ARMS, alpha=0.05, with_wins=False)[1][0, 2] == "+0.5"


def test_the_matrix_leaves_out_the_wins_where_there_is_no_room() -> None:
    wide, narrow = (draw_pair_matrix(PAIRS, width=width, alpha=0.05).axes[0] for width in (WIDE, 1.5))
    assert texts(wide.texts)[:2] == ["−2.0\n1/12", "+0.5\n8/12"]
    assert texts(narrow.texts)[:2] == ["−2.0", "+0.5"]


def test_a_profile_is_the_share_of_gains_above_x(styles: Mapping[str, ArmStyle]) -> None:
    gains = pd.DataFrame({"arm": ["better"] * 4, "difference": [3.0, 1.0, 2.0, 4.0]})
    line = draw_gain_profiles(gains, styles, width=NARROW).axes[0].lines[0]
    shares = dict(zip(xs(line), ys(line), strict=True))
    assert [shares[gain] for gain in (1.0, 2.0, 3.0, 4.0)] == [0.75, 0.5, 0.25, 0.0]


def test_power_is_in_percent_by_seeds_with_a_line_at_the_studys_own() -> None:
    powers = [PowerAtSeeds(6, 0.5, 0.9, 0.4), PowerAtSeeds(8, 0.7, 1.0, 0.6)]
    axes = draw_power_curves(powers, own_seeds=6, margin="1 point", width=WIDE).axes[0]
    assert [ys(line) for line in axes.lines[:3]] == [[40, 60], [50, 70], [90, 100]]
    assert [str(line.get_label()) for line in axes.lines[:3]] == [
        "EQUIVALENT, if equal",
        "BETTER, if better by 1 point",
        "BETTER, if by twice that",
    ]
    assert xs(axes.lines[4])[0] == 6

"""The figure of every seed."""

from collections.abc import Mapping

import numpy as np
import pytest

from analysis.comparing import Family
from analysis.figures import NARROW, WIDE, ArmStyle
from analysis.figures.seeds import draw_seeds

from .artists import texts, xs, ys


def test_a_line_joins_the_scores_of_one_seed(family: Family, styles: Mapping[str, ArmStyle]) -> None:
    axes = draw_seeds(family, styles, width=WIDE).axes[0]
    table = family.scores["a"][["none", "worse", "better", "planned"]]
    for seed in range(8):
        np.testing.assert_array_equal(ys(axes.lines[seed]), table.loc[seed])
    assert texts(axes.get_xticklabels()) == list(table.columns)


def test_every_arm_has_its_scores_and_a_bar_at_their_mean(
    family: Family, styles: Mapping[str, ArmStyle]
) -> None:
    axes = draw_seeds(family, styles, width=WIDE).axes[0]
    markers, bar = axes.lines[8 + 4 : 8 + 6]
    scores = family.scores["a"]["better"].to_numpy(np.float64)
    np.testing.assert_array_equal(ys(markers), scores)
    assert ys(bar) == pytest.approx([scores.mean()] * 2)
    assert xs(bar) == pytest.approx([2 - 0.28, 2 + 0.28])


def test_settings_are_stacked_in_a_column(family: Family, styles: Mapping[str, ArmStyle]) -> None:
    assert draw_seeds(family, styles, width=NARROW).get_figheight() == pytest.approx(2 * 2.3)
    assert draw_seeds(family, styles, width=WIDE).get_figheight() == pytest.approx(2.5)

"""The figure of learning curves: the lines and bands it draws."""

from collections.abc import Mapping

import numpy as np

from analysis.comparing.curves import Curve
from analysis.figures import NARROW, WIDE, ArmStyle
from analysis.figures.curves import draw_curves

from .artists import texts, title, xs, ys

CURVES = [
    Curve("none", "a", (1, 2), (50.0, 60.0), (49.0, 59.0), (51.0, 61.0)),
    Curve("better", "a", (1, 2), (52.0, 63.0), (51.0, 62.0), (53.0, 64.0)),
    Curve("better", "b", (1, 2), (40.0, 45.0), (39.0, 44.0), (41.0, 46.0)),
    Curve("unknown", "b", (1, 2), (0.0, 0.0), (0.0, 0.0), (0.0, 0.0)),
]


def test_every_setting_is_a_panel_with_its_own_curves(styles: Mapping[str, ArmStyle]) -> None:
    first, second = draw_curves(CURVES, styles, width=WIDE).axes
    assert (title(first), title(second)) == ("a", "b")
    assert [ys(line) for line in first.lines] == [[50.0, 60.0], [52.0, 63.0]]
    assert [line.get_color() for line in first.lines] == [styles["none"].color, styles["better"].color]
    assert [xs(line) for line in second.lines] == [[1, 2]]


def test_the_band_is_from_low_to_high(styles: Mapping[str, ArmStyle]) -> None:
    axes = draw_curves(CURVES[:1], styles, width=NARROW).axes[0]
    corners = axes.collections[0].get_paths()[0].vertices
    assert set(map(tuple, np.asarray(corners))) == {(1.0, 49.0), (2.0, 59.0), (2.0, 61.0), (1.0, 51.0)}


def test_the_legend_names_the_drawn_arms(styles: Mapping[str, ArmStyle]) -> None:
    (legend,) = draw_curves(CURVES, styles, width=WIDE).legends
    assert texts(legend.get_texts()) == ["none", "better"]

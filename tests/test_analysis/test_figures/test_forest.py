"""The forest plot: its rows, intervals and reference lines."""

from collections.abc import Mapping

import pytest

from analysis.comparing import Family
from analysis.figures import NARROW, WIDE, ArmStyle
from analysis.figures.forest import draw_forest, order_by_mean
from analysis.figures.style import PAPER

from .artists import texts, xs, ys


def test_arms_are_ordered_by_their_mean_and_those_without_pairs_are_last(family: Family) -> None:
    assert order_by_mean(family) == ["better", "worse", "planned"]


def test_an_arms_row_has_its_interval_mean_and_verdict(
    family: Family, styles: Mapping[str, ArmStyle]
) -> None:
    axes = draw_forest(family, styles, width=WIDE).axes[0]
    test = family.cell("better", "a").paired
    interval, mean = axes.lines[3:5]
    assert (xs(interval), ys(interval)) == ([test.low, test.high], [2, 2])
    assert (xs(mean), ys(mean)) == ([test.mean], [2])
    assert texts(axes.texts) == ["better", "worse"]
    assert texts(axes.get_yticklabels()) == ["better", "worse", "planned"]


def test_zero_the_margin_and_the_noise_floor_are_marked(
    family: Family, styles: Mapping[str, ArmStyle]
) -> None:
    axes = draw_forest(family, styles, width=WIDE).axes[0]
    assert [xs(line)[0] for line in axes.lines[:3]] == [0, -1.0, 1.0]
    floor = family.floors["a"].floor
    band = axes.patches[0].get_extents().transformed(axes.transData.inverted())
    assert (band.x0, band.x1) == pytest.approx((-floor, floor))


def test_an_open_verdict_is_a_hollow_marker(family: Family, styles: Mapping[str, ArmStyle]) -> None:
    cells = tuple(cell._replace(verdict="INCONCLUSIVE") for cell in family.cells)
    axes = draw_forest(family._replace(cells=cells), styles, width=WIDE).axes[0]
    assert axes.lines[4].get_markerfacecolor() == PAPER
    decided = draw_forest(family, styles, width=WIDE).axes[0]
    assert decided.lines[4].get_markerfacecolor() == styles["better"].color


def test_panels_are_side_by_side_on_a_page_and_stacked_in_a_column(
    family: Family, styles: Mapping[str, ArmStyle]
) -> None:
    wide, narrow = (draw_forest(family, styles, width=width) for width in (WIDE, NARROW))
    assert narrow.get_figheight() == 2 * wide.get_figheight()
    assert [axes.get_xlabel() for axes in narrow.axes] == ["", "difference from none, points"]

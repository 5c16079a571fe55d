"""The figure of gain against cost: the points it draws."""

from collections.abc import Mapping
from math import nan

import pytest

from analysis.comparing import Family
from analysis.comparing.costs import Cost
from analysis.figures import NARROW, WIDE, ArmStyle
from analysis.figures.costs import draw_cost_and_gain, drawn_arms

from .artists import xs, ys


def cost(arm: str, setting: str, extra: float, *, latency: float = 4.0) -> Cost:
    return Cost(arm, setting, 1.0, 1.0, 1.0, 1.0, 1.0, extra, 2 * extra, 3 * extra, latency)


def test_an_arm_is_at_its_extra_cost_and_its_gain(family: Family, styles: Mapping[str, ArmStyle]) -> None:
    costs = [cost("better", setting, extra) for setting, extra in (("a", 5.0), ("b", 7.0))]
    figure = draw_cost_and_gain(family, costs, styles, width=WIDE)
    assert len(figure.axes) == 2 * 3
    test = family.cell("better", "a").paired
    bar, marker = figure.axes[0].lines[2:4]
    assert (xs(bar), ys(bar)) == ([5.0, 5.0], [test.low, test.high])
    assert (xs(marker), ys(marker)) == ([5.0], [test.mean])
    assert marker.get_color() == styles["better"].color
    assert xs(figure.axes[1].lines[3]) == [10.0]
    assert [axes.get_xlabel() for axes in figure.axes[3:]] == [
        "extra parameters, %",
        "extra multiply-adds, %",
        "extra latency, %",
    ]


@pytest.mark.parametrize(("latency", "label"), [(4.0, "extra latency, %"), (nan, "extra training time, %")])
def test_a_column_has_two_measures_and_latency_if_it_was_measured(
    family: Family, styles: Mapping[str, ArmStyle], latency: float, label: str
) -> None:
    costs = [cost("better", "a", 5.0, latency=latency)]
    figure = draw_cost_and_gain(family._replace(settings=("a",)), costs, styles, width=NARROW)
    assert [axes.get_xlabel() for axes in figure.axes] == ["extra multiply-adds, %", label]


def test_positive_controls_are_not_drawn_unless_there_is_nothing_else(family: Family) -> None:
    assert drawn_arms(family) == ["better", "planned"]
    assert drawn_arms(family._replace(arms=("worse",))) == ["worse"]

"""The layout of panels, and the legend below them."""

import pytest
from matplotlib.figure import Figure

from analysis.figures import NARROW, WIDE, arm_styles
from analysis.figures.panels import add_legend_below, grid_panels, legend_height, setting_panels

from .artists import title

ARMS = ["none", "se", "an arm with a name of some length"]


@pytest.mark.parametrize(("width", "rows"), [(WIDE, 2), (NARROW, 3)])
def test_settings_are_two_to_a_row_on_a_page_and_one_in_a_column(width: float, rows: int) -> None:
    figure, panels = setting_panels(["a", "b", "c"], ARMS, width=width, row_height=2.0)
    assert [title(panel) for panel in panels] == ["a", "b", "c"]
    assert figure.get_figheight() == pytest.approx(2.0 * rows + legend_height(ARMS, width))


def test_panels_beyond_the_count_are_invisible() -> None:
    figure = Figure()
    panels = grid_panels(figure, 3, 2, 2)
    assert len(panels) == 3
    assert [axes.get_visible() for axes in figure.axes] == [True, True, True, False]


def test_the_legend_has_an_arms_color_marker_and_dash() -> None:
    figure, styles = Figure(), arm_styles(ARMS, "none")
    add_legend_below(figure, ARMS, styles, WIDE)
    (legend,) = figure.legends
    (_, handle, _) = legend.get_lines()
    assert (handle.get_color(), handle.get_marker()) == styles["se"][:2]
    assert legend.get_texts()[2].get_text() == "an arm with a name …e length"


def test_more_arms_than_fit_in_a_row_make_the_legend_taller() -> None:
    assert legend_height(["a"] * 2, WIDE) == pytest.approx(0.27)
    assert legend_height(["a"] * 40, WIDE) > legend_height(["a"] * 20, WIDE) > 0.27

"""The figure of a search's grid."""

import numpy as np

from analysis.comparing.search import Grid, GridCell
from analysis.figures import NARROW
from analysis.figures.search_grid import draw_search_grid, facet_table

from .artists import texts, title

GRID = Grid(
    arm="se",
    setting="a",
    x="kernel_size",
    y="reduction",
    facet="fusion",
    xs=(3.0, 5.0),
    ys=(2.0, 4.0),
    facets=("add", "max"),
    cells=(GridCell("add", 3.0, 2.0, 2, 1.25), GridCell("max", 5.0, 4.0, 1, -0.5)),
    reference=60.0,
    trials=3,
)


def test_a_facet_has_its_gains_at_their_options_and_blanks_elsewhere() -> None:
    values, notes = facet_table(GRID, "add")
    np.testing.assert_array_equal(values, [[1.25, np.nan], [np.nan, np.nan]])
    assert notes.tolist() == [["+1.2\nn=2", ""], ["", ""]]
    assert facet_table(GRID, "max")[1][1, 1] == "−0.5\nn=1"


def test_axes_name_the_options_and_panels_the_facets() -> None:
    figure = draw_search_grid(GRID, width=NARROW)
    first, second = figure.axes
    assert (title(first), title(second)) == ("add", "max")
    assert (first.get_xlabel(), first.get_ylabel()) == ("kernel size", "reduction")
    assert texts(first.get_xticklabels()) == ["3", "5"]
    assert figure.get_suptitle() == "by fusion"


def test_all_facets_share_one_scale() -> None:
    limits = {axes.collections[0].get_clim() for axes in draw_search_grid(GRID, width=NARROW).axes}
    assert limits == {(-1.25, 1.25)}

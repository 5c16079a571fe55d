"""The annotated heatmap that several figures share."""

from math import nan

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from analysis.figures.heatmap import blank_notes, draw_heatmap, largest_magnitude

from .artists import texts


def test_zero_is_the_middle_of_the_scale_and_missing_cells_are_blank() -> None:
    axes = Figure().subplots()
    notes = blank_notes(1, 3)
    notes[0, :2] = ["a", "b"]
    draw_heatmap(axes, np.array([[0.0, 2.0, nan]]), notes, limit=2.0, columns=["x", "y", "z"], rows=["r"])
    mesh = axes.collections[0]
    assert mesh.get_clim() == (-2.0, 2.0)
    assert mesh.to_rgba(np.array([0.0, 2.0])).tolist() == [list(colormaps["PuOr"](x)) for x in (0.5, 1.0)]
    assert np.ma.getmaskarray(np.ma.asarray(mesh.get_array())).ravel().tolist() == [False, False, True]
    assert texts(axes.texts) == ["a", "b"]


def test_the_limit_is_the_largest_magnitude_or_one() -> None:
    assert largest_magnitude([1.0, -3.0, nan]) == 3.0
    assert largest_magnitude([nan]) == 1.0
    assert largest_magnitude([0.0]) == 1.0

"""Figure of a search's grid: gain over the baseline's best trial, with the number of trials in each cell."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..comparing.search import Grid
from ..statistics.paired import FloatArray
from .heatmap import blank_notes, draw_heatmap, largest_magnitude
from .panels import grid_panels
from .style import FAINT, INK, WIDE


def draw_search_grid(grid: Grid, *, width: float) -> Figure:
    """Draw one facet per value of the other options; cells that no trial tried are blank."""
    columns = min(len(grid.facets), 4 if width >= WIDE else 2)
    rows = -(-len(grid.facets) // columns)
    figure = Figure(figsize=(width, rows * (0.34 * len(grid.ys) + 0.75) + 0.25))
    panels = grid_panels(figure, len(grid.facets), rows, columns, sharex=True, sharey=True)
    limit = largest_magnitude(cell.gain for cell in grid.cells)
    for i, (panel, facet) in enumerate(zip(panels, grid.facets, strict=True)):
        _draw_facet(panel, grid, facet, limit)
        if i % columns == 0:
            panel.set_ylabel(grid.y.replace("_", " "), color=INK)
        if i >= len(grid.facets) - columns:
            panel.set_xlabel(grid.x.replace("_", " "), color=INK)
            panel.tick_params(labelbottom=True)
    if grid.facet:
        figure.suptitle(f"by {grid.facet.replace('_', ' ')}", fontsize=8, x=0.01, ha="left")
    return figure


def _draw_facet(panel: Axes, grid: Grid, facet: str, limit: float) -> None:
    values, notes = facet_table(grid, facet)
    draw_heatmap(
        panel,
        values,
        notes,
        limit=limit,
        columns=[f"{x:g}" for x in grid.xs],
        rows=[f"{y:g}" for y in grid.ys],
    )
    panel.set_title(facet)
    panel.tick_params(length=0, rotation=0)
    for side in panel.spines.values():
        side.set(visible=True, color=FAINT, lw=0.5)


def facet_table(grid: Grid, facet: str) -> tuple[FloatArray, NDArray[Any]]:
    """Return the gains of a facet, (ys, xs) with NaN where nothing was tried, and the texts of its cells."""
    values = np.full((len(grid.ys), len(grid.xs)), np.nan)
    notes = blank_notes(*values.shape)
    for cell in grid.cells:
        if cell.facet == facet:
            index = grid.ys.index(cell.y), grid.xs.index(cell.x)
            values[index] = cell.gain
            notes[index] = f"{cell.gain:+.1f}\nn={cell.n}".replace("-", "−")
    return values, notes

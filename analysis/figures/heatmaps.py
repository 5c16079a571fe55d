"""The search's grid: gain over the baseline's best trial, with the number of trials in each cell."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..comparing.search import Grid
from ..statistics.paired import FloatArray
from .looks import FAINT, INK, WIDE


def search_map(grid: Grid, *, width: float) -> Figure:
    """One facet a value of the other options; cells that no trial tried are blank."""
    columns = min(len(grid.facets), 4 if width >= WIDE else 2)
    rows = -(-len(grid.facets) // columns)
    figure = Figure(figsize=(width, rows * (0.34 * len(grid.ys) + 0.75) + 0.25))
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    limit = max((abs(cell.gain) for cell in grid.cells), default=1.0) or 1.0
    for panel in panels[len(grid.facets) :]:
        panel.set_visible(False)
    for place, (panel, facet) in enumerate(zip(panels, grid.facets, strict=False)):
        values, notes = _table(grid, facet)
        edges = np.arange(len(grid.xs) + 1), np.arange(len(grid.ys) + 1)
        panel.pcolormesh(
            *edges, np.ma.masked_invalid(values), cmap="PuOr", vmin=-limit, vmax=limit, lw=0.6, ec=FAINT
        )
        _annotate(panel, values, notes, limit)
        panel.set_xticks(edges[0][:-1] + 0.5, [f"{x:g}" for x in grid.xs])
        panel.set_yticks(edges[1][:-1] + 0.5, [f"{y:g}" for y in grid.ys])
        panel.set_xlim(0, len(grid.xs))
        panel.set_ylim(len(grid.ys), 0)
        panel.set_title(f"{grid.facet}: {facet}" if place % columns == 0 and grid.facet else facet)
        panel.tick_params(length=0, rotation=0)
        for side in panel.spines.values():
            side.set(visible=True, color=FAINT, lw=0.5)
        if place % columns == 0:
            panel.set_ylabel(grid.y.replace("_", " "), color=INK)
        if place >= len(grid.facets) - columns:
            panel.set_xlabel(grid.x.replace("_", " "), color=INK)
            panel.tick_params(labelbottom=True)
    return figure


def _annotate(panel: Axes, values: FloatArray, notes: list[list[str]], limit: float) -> None:
    for (row, column), gain in np.ndenumerate(values):
        if np.isfinite(gain):
            colour = "white" if abs(gain) > 0.45 * limit else "#1b1b1b"  # both stand on the map's own colours
            panel.text(
                column + 0.5,
                row + 0.5,
                notes[row][column],
                ha="center",
                va="center",
                fontsize=6.5,
                color=colour,
            )


def _table(grid: Grid, facet: str) -> tuple[FloatArray, list[list[str]]]:
    values = np.full((len(grid.ys), len(grid.xs)), np.nan)
    notes = [[""] * len(grid.xs) for _ in grid.ys]
    for cell in grid.cells:
        if cell.facet == facet:
            row, column = grid.ys.index(cell.y), grid.xs.index(cell.x)
            values[row, column] = cell.gain
            notes[row][column] = f"{cell.gain:+.1f}\nn={cell.n}".replace("-", "−")
    return values, notes

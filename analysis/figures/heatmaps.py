"""The search's grid: gain over the baseline's best trial, with the number of trials in each cell."""

from __future__ import annotations

import numpy as np
import seaborn as sns
from matplotlib.figure import Figure

from ..comparing.search import Grid
from ..statistics.paired import FloatArray
from .style import FAINT, INK, WIDE


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
        sns.heatmap(  # no `center`: symmetric limits say the same without a deprecated call of seaborn's
            values,
            ax=panel,
            cmap="PuOr",
            vmin=-limit,
            vmax=limit,
            cbar=False,
            lw=0.6,
            linecolor=FAINT,
            annot=np.array(notes),
            fmt="",
            annot_kws={"fontsize": 6.5},
            mask=np.isnan(values),
            xticklabels=[f"{x:g}" for x in grid.xs],
            yticklabels=[f"{y:g}" for y in grid.ys],
        )
        panel.set_title(facet)
        panel.tick_params(length=0, rotation=0)
        for side in panel.spines.values():
            side.set(visible=True, color=FAINT, lw=0.5)
        if place % columns == 0:
            panel.set_ylabel(grid.y.replace("_", " "), color=INK)
        if place >= len(grid.facets) - columns:
            panel.set_xlabel(grid.x.replace("_", " "), color=INK)
            panel.tick_params(labelbottom=True)
    if grid.facet:
        figure.suptitle(f"by {grid.facet.replace('_', ' ')}", fontsize=8, x=0.01, ha="left")
    return figure


def _table(grid: Grid, facet: str) -> tuple[FloatArray, list[list[str]]]:
    values = np.full((len(grid.ys), len(grid.xs)), np.nan)
    notes = [[""] * len(grid.xs) for _ in grid.ys]
    for cell in grid.cells:
        if cell.facet == facet:
            row, column = grid.ys.index(cell.y), grid.xs.index(cell.x)
            values[row, column] = cell.gain
            notes[row][column] = f"{cell.gain:+.1f}\nn={cell.n}".replace("-", "−")
    return values, notes

"""An annotated heatmap of differences in points, centered on zero; missing cells stay blank."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import seaborn as sns
from matplotlib.axes import Axes
from numpy.typing import NDArray

from ..statistics.paired import FloatArray
from .style import FAINT


def draw_heatmap(
    panel: Axes,
    values: FloatArray,
    notes: NDArray[Any],
    *,
    limit: float,
    columns: Sequence[str],
    rows: Sequence[str],
    fontsize: float = 6.5,
) -> None:
    """Draw (rows, columns) values on a scale of +-limit with a text in each cell; NaN is left blank."""
    sns.heatmap(  # symmetric limits instead of `center`, which calls a deprecated function in seaborn
        values,
        ax=panel,
        cmap="PuOr",
        vmin=-limit,
        vmax=limit,
        cbar=False,
        lw=0.6,
        linecolor=FAINT,
        annot=notes,
        fmt="",
        annot_kws={"fontsize": fontsize},
        mask=np.isnan(values),
        xticklabels=columns,
        yticklabels=rows,
    )


def largest_magnitude(values: Iterable[float]) -> float:
    """Return the largest finite |value|, or 1 where there is none above 0: the limit of a scale."""
    return max((abs(value) for value in values if value == value), default=1.0) or 1.0


def blank_notes(rows: int, columns: int) -> NDArray[Any]:
    """Return empty texts, (rows, columns)."""
    return np.full((rows, columns), "", dtype=object)

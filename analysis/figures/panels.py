"""Lay out figures of several panels, and the legend of the arms below them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from .style import WIDE, ArmStyle, shorten_label


def setting_panels(
    settings: Sequence[str], arms: Sequence[str], *, width: float, row_height: float, sharey: bool = False
) -> tuple[Figure, list[Axes]]:
    """Return a figure with one titled panel per setting and room for a legend of the arms; sizes in inches."""
    columns = min(len(settings), 2) if width >= WIDE else 1
    rows = -(-len(settings) // columns)
    figure = Figure(figsize=(width, row_height * rows + legend_height(arms, width)))
    panels = grid_panels(figure, len(settings), rows, columns, sharey=sharey)
    for panel, setting in zip(panels, settings, strict=True):
        panel.set_title(setting)
    return figure, panels


def grid_panels(
    figure: Figure, count: int, rows: int, columns: int, *, sharex: bool = False, sharey: bool = False
) -> list[Axes]:
    """Return the first `count` panels of a grid; the rest are invisible."""
    panels = figure.subplots(rows, columns, squeeze=False, sharex=sharex, sharey=sharey).ravel()
    for panel in panels[count:]:
        panel.set_visible(False)
    return list(panels[:count])


def legend_height(arms: Sequence[str], width: float) -> float:
    """Return the inches that `add_legend_below` takes."""
    return 0.17 * -(-len(arms) // _legend_columns(arms, width)) + 0.1


def add_legend_below(
    figure: Figure, arms: Sequence[str], styles: Mapping[str, ArmStyle], width: float, *, lines: bool = True
) -> None:
    """Add one legend of the arms under the whole figure, in as many columns as the longest label allows."""
    figure.legend(
        [_legend_handle(styles[arm], lines=lines) for arm in arms],
        [shorten_label(arm) for arm in arms],
        loc="outside lower center",
        ncols=_legend_columns(arms, width),
        handlelength=2.6 if lines else 1.0,
        handletextpad=0.5,
        columnspacing=1.2,
    )


def _legend_handle(style: ArmStyle, *, lines: bool) -> Line2D:
    return Line2D(
        [],
        [],
        color=style.color,
        marker=style.marker,
        ms=4,
        lw=1.2 if lines else 0,
        ls=style.dash if lines else "none",
    )


def _legend_columns(arms: Sequence[str], width: float) -> int:
    longest = max((len(shorten_label(arm)) for arm in arms), default=1)
    return max(1, min(len(arms), int(width / (0.062 * longest + 0.62))))

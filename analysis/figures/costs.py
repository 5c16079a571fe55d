"""Figure of gain against cost: differences by extra parameters, multiply-adds and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..comparing import Family
from ..comparing.costs import Cost
from .panels import add_legend_below, legend_height
from .style import BAND, FAINT, WIDE, ArmStyle

MEASURES = {
    "more_parameters": "extra parameters, %",
    "more_macs": "extra multiply-adds, %",
    "more_latency": "extra latency, %",
    "more_seconds": "extra training time, %",
}


def draw_cost_and_gain(
    family: Family, costs: Sequence[Cost], styles: Mapping[str, ArmStyle], *, width: float
) -> Figure:
    """Draw one row per setting and one column per measure of cost; bars are 95 % intervals of the gain."""
    measures, arms = _choose_measures(costs, width), drawn_arms(family)
    rows = len(family.settings)
    figure = Figure(figsize=(width, 1.9 * rows + legend_height(arms, width) + 0.1))
    panels = figure.subplots(rows, len(measures), squeeze=False, sharey="row", sharex="col")
    for row, setting in enumerate(family.settings):
        for column, measure in enumerate(measures):
            extra = {c.arm: float(getattr(c, measure)) for c in costs if c.setting == setting}
            _draw_panel(panels[row][column], family, setting, extra, styles)
        panels[row][0].set_ylabel("difference, points")
        panels[row][0].set_title(setting)
    for column, measure in enumerate(measures):
        panels[-1][column].set_xlabel(MEASURES[measure])
    add_legend_below(figure, arms, styles, width, lines=False)
    return figure


def _choose_measures(costs: Sequence[Cost], width: float) -> list[str]:
    """Return three measures on a page and two in a column; latency is preferred, since seconds vary with load."""
    timed = "more_latency" if any(c.more_latency == c.more_latency for c in costs) else "more_seconds"
    return ["more_parameters", "more_macs", timed][0 if width >= WIDE else 1 :]


def drawn_arms(family: Family) -> list[str]:
    """Return the arms without positive controls, which would squeeze all others into a corner, or all arms."""
    return family.arms_without_positive_controls or list(family.arms)


def _draw_panel(
    panel: Axes, family: Family, setting: str, extra: Mapping[str, float], styles: Mapping[str, ArmStyle]
) -> None:
    floor = family.floors[setting].floor
    if floor == floor:
        panel.axhspan(-floor, floor, color=BAND, lw=0, zorder=0)
    panel.axhline(0, color=FAINT, lw=0.7, zorder=1)
    panel.axvline(0, color=FAINT, lw=0.7, zorder=1)
    for arm in drawn_arms(family):
        gain, style = family.cell(arm, setting).paired, styles[arm]
        x = extra.get(arm, float("nan"))
        panel.plot([x, x], [gain.low, gain.high], color=style.color, lw=1.1, zorder=2)
        panel.plot(x, gain.mean, ls="none", marker=style.marker, ms=5, color=style.color, zorder=3)
    panel.margins(x=0.12)

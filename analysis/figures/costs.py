"""What a gain costs: differences against extra multiply-adds and extra seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..comparing import Family
from ..comparing.costs import Cost
from .style import BAND, FAINT, WIDE, Look, key_below, key_height

MEASURES = {
    "more_parameters": "extra parameters, %",
    "more_macs": "extra multiply-adds, %",
    "more_latency": "extra latency, %",
    "more_seconds": "extra training time, %",
}


def cost_and_gain(
    family: Family, costs: Sequence[Cost], looks: Mapping[str, Look], *, width: float
) -> Figure:
    """Rows: settings. Columns: measures of cost. Bars: 95 % intervals of the gain."""
    measures = _measures(costs, width)
    rows = len(family.settings)
    figure = Figure(figsize=(width, 1.9 * rows + key_height(judged(family), width) + 0.1))
    panels = figure.subplots(rows, len(measures), squeeze=False, sharey="row", sharex="col")
    for row, setting in enumerate(family.settings):
        for column, measure in enumerate(measures):
            _panel(panels[row][column], family, setting, costs, measure, looks)
        panels[row][0].set_ylabel("difference, points")
        panels[row][0].set_title(setting)
    for column, measure in enumerate(measures):
        panels[-1][column].set_xlabel(MEASURES[measure])
    key_below(figure, judged(family), looks, width, lines=False)
    return figure


def _measures(costs: Sequence[Cost], width: float) -> list[str]:
    """Three of them on a page, two in a column; measured latency rather than the seconds of a shared machine."""
    timed = "more_latency" if any(c.more_latency == c.more_latency for c in costs) else "more_seconds"
    return ["more_parameters", "more_macs", timed][0 if width >= WIDE else 1 :]


def judged(family: Family) -> list[str]:
    """Positive controls are far off on purpose and would squeeze all others into a corner."""
    return [a for a in family.arms if family.roles.get(a) != "positive_control"] or list(family.arms)


def _panel(
    panel: Axes, family: Family, setting: str, costs: Sequence[Cost], measure: str, looks: Mapping[str, Look]
) -> None:
    floor = family.floors[setting].floor
    if floor == floor:
        panel.axhspan(-floor, floor, color=BAND, lw=0, zorder=0)
    panel.axhline(0, color=FAINT, lw=0.7, zorder=1)
    panel.axvline(0, color=FAINT, lw=0.7, zorder=1)
    found = {c.arm: float(getattr(c, measure)) for c in costs if c.setting == setting}
    for arm in judged(family):
        one, look = family.cell(arm, setting).paired, looks[arm]
        x = found.get(arm, float("nan"))
        panel.plot([x, x], [one.low, one.high], color=look.colour, lw=1.1, zorder=2)
        panel.plot(x, one.mean, ls="none", marker=look.marker, ms=5, color=look.colour, zorder=3)
    panel.margins(x=0.12)

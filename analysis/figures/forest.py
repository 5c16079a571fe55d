"""Forest plot: differences from the baseline with their intervals, on the noise floor."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..comparing import Cell, Family
from .style import BAND, FAINT, INK, PAPER, WIDE, ArmStyle

ROW = 0.23  # inches per arm


def draw_forest(family: Family, styles: Mapping[str, ArmStyle], *, width: float) -> Figure:
    """Draw one panel per setting, side by side or stacked in one column; arms ordered by the first setting's means."""
    arms = order_by_mean(family)
    count, beside = len(family.settings), width >= WIDE and len(family.settings) <= 3
    height = ROW * len(arms) + 0.75
    figure = Figure(figsize=(width, height if beside else height * count))
    shape = (1, count) if beside else (count, 1)
    panels = figure.subplots(*shape, squeeze=False, sharey=beside, sharex=True).ravel()
    for panel, setting in zip(panels, family.settings, strict=True):
        _draw_panel(panel, family, setting, arms, styles)
    for panel in panels if beside else panels[-1:]:
        panel.set_xlabel(f"difference from {family.baseline}, points")
    return figure


def order_by_mean(family: Family) -> list[str]:
    """Return the arms by their mean difference on the first setting, best first; those without pairs last."""
    first = family.settings[0]

    def mean(arm: str) -> float:
        test = family.cell(arm, first).paired
        return test.mean if test.n else float("-inf")

    return sorted(family.arms, key=mean, reverse=True)


def _draw_panel(
    panel: Axes, family: Family, setting: str, arms: list[str], styles: Mapping[str, ArmStyle]
) -> None:
    floor = family.floors[setting].floor
    if floor == floor:
        panel.axvspan(-floor, floor, color=BAND, lw=0, zorder=0)
    panel.axvline(0, color=FAINT, lw=0.8, zorder=1)
    for edge in (-family.margin, family.margin):
        panel.axvline(edge, color=FAINT, lw=0.8, ls=(0, (2, 2)), zorder=1)
    for row, arm in enumerate(arms):
        _draw_cell(panel, family.cell(arm, setting), len(arms) - 1 - row, styles[arm])
    panel.set_yticks(range(len(arms) - 1, -1, -1), arms)
    panel.set_ylim(-0.6, len(arms) - 0.4)
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    panel.set_title(setting)
    panel.margins(x=0.08)


def _draw_cell(panel: Axes, cell: Cell, row: int, style: ArmStyle) -> None:
    """Draw an arm's interval and mean; a hollow marker means no verdict or INCONCLUSIVE."""
    test, color = cell.paired, style.color
    if not test.n:
        return
    if test.low == test.low:
        panel.plot([test.low, test.high], [row, row], color=color, lw=1.3, solid_capstyle="round", zorder=2)
    decided = cell.verdict not in (None, "INCONCLUSIVE")
    panel.plot(
        test.mean,
        row,
        marker=style.marker,
        ms=4.8,
        mfc=color if decided else PAPER,
        mec=color,
        mew=1.2,
        ls="none",
        zorder=3,
    )
    if cell.verdict:
        _write_verdict(panel, cell.verdict.lower(), test.mean, row, INK if decided else FAINT)


def _write_verdict(panel: Axes, text: str, x: float, row: int, color: str) -> None:
    panel.annotate(
        text,
        (x, row),
        xytext=(0, 5),
        textcoords="offset points",
        ha="center",
        va="bottom",
        fontsize=6,
        color=color,
    )

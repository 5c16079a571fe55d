"""Differences from the baseline with their intervals, on the noise floor: the figure to look at first."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..comparing import Cell, Family
from .style import BAND, FAINT, INK, PAPER, WIDE, Look

ROW = 0.23  # inches an arm


def forest(family: Family, looks: Mapping[str, Look], *, width: float) -> Figure:
    """One panel a setting, side by side or, in one column, stacked; arms ordered by the first setting's means."""
    arms = _ordered(family)
    count, beside = len(family.settings), width >= WIDE and len(family.settings) <= 3
    height = ROW * len(arms) + 0.75
    figure = Figure(figsize=(width, height if beside else height * count))
    shape = (1, count) if beside else (count, 1)
    panels = figure.subplots(*shape, squeeze=False, sharey=beside, sharex=True).ravel()
    for panel, setting in zip(panels, family.settings, strict=True):
        _panel(panel, family, setting, arms, looks)
    for panel in panels if beside else panels[-1:]:
        panel.set_xlabel(f"difference from {family.baseline}, points")
    return figure


def _ordered(family: Family) -> list[str]:
    first = family.settings[0]
    return sorted(family.arms, key=lambda arm: _rank(family.cell(arm, first)), reverse=True)


def _rank(cell: Cell) -> float:
    return cell.paired.mean if cell.paired.n else float("-inf")


def _panel(panel: Axes, family: Family, setting: str, arms: list[str], looks: Mapping[str, Look]) -> None:
    floor = family.floors[setting].floor
    if floor == floor:
        panel.axvspan(-floor, floor, color=BAND, lw=0, zorder=0)
    panel.axvline(0, color=FAINT, lw=0.8, zorder=1)
    for edge in (-family.margin, family.margin):
        panel.axvline(edge, color=FAINT, lw=0.8, ls=(0, (2, 2)), zorder=1)
    for row, arm in enumerate(arms):
        _interval(panel, family.cell(arm, setting), len(arms) - 1 - row, looks[arm])
    panel.set_yticks(range(len(arms) - 1, -1, -1), arms)
    panel.set_ylim(-0.6, len(arms) - 0.4)
    panel.tick_params(axis="y", length=0)
    panel.spines["left"].set_visible(False)
    panel.set_title(setting)
    panel.margins(x=0.08)


def _interval(panel: Axes, cell: Cell, row: int, look: Look) -> None:
    one = cell.paired
    if not one.n:
        return
    if one.low == one.low:
        panel.plot(
            [one.low, one.high], [row, row], color=look.colour, lw=1.3, solid_capstyle="round", zorder=2
        )
    decided = cell.word not in (None, "INCONCLUSIVE")
    panel.plot(
        one.mean,
        row,
        marker=look.marker,
        ms=4.8,
        mfc=look.colour if decided else PAPER,
        mec=look.colour,
        mew=1.2,
        ls="none",
        zorder=3,
    )
    if cell.word:
        panel.annotate(
            cell.word.lower(),
            (one.mean, row),
            xytext=(0, 5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            fontsize=6,
            color=INK if decided else FAINT,
        )

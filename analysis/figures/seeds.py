"""Figure of every seed of every arm, joined by seed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..comparing import Family
from ..statistics.paired import FloatArray
from .style import FAINT, INK, WIDE, ArmStyle


def draw_seeds(family: Family, styles: Mapping[str, ArmStyle], *, width: float) -> Figure:
    """Draw one panel per setting: scores in points, a thin line per seed, a bar at each mean."""
    arms = list(dict.fromkeys((family.baseline, *family.arms)))
    count, beside = len(family.settings), width >= WIDE and len(family.settings) <= 2
    figure = Figure(figsize=(width, 2.5 if beside else 2.3 * count))
    panels = figure.subplots(*((1, count) if beside else (count, 1)), squeeze=False).ravel()
    for panel, setting in zip(panels, family.settings, strict=True):
        _draw_panel(panel, family, setting, arms, styles)
    return figure


def _draw_panel(
    panel: Axes, family: Family, setting: str, arms: list[str], styles: Mapping[str, ArmStyle]
) -> None:
    table = family.scores[setting][arms]
    for _, row in table.iterrows():
        panel.plot(range(len(arms)), row.to_numpy(np.float64), color=FAINT, lw=0.5, alpha=0.6, zorder=1)
    for x, arm in enumerate(arms):
        _draw_arm(panel, x, table[arm].to_numpy(np.float64), styles[arm])
    panel.set_xticks(range(len(arms)), arms, rotation=35, ha="right", rotation_mode="anchor")
    panel.set_ylabel("test, points")
    panel.set_title(setting)


def _draw_arm(panel: Axes, x: int, scores: FloatArray, style: ArmStyle) -> None:
    """Draw an arm's scores as markers and their mean as a bar."""
    panel.plot(
        [x] * len(scores),
        scores,
        ls="none",
        marker=style.marker,
        ms=3.6,
        mfc=style.color,
        mec="none",
        zorder=2,
    )
    mean = float(np.nanmean(scores)) if np.isfinite(scores).any() else np.nan
    panel.plot([x - 0.28, x + 0.28], [mean] * 2, color=INK, lw=1.1, zorder=3)

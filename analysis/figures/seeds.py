"""Every seed of every arm, joined by seed: what the pairs really look like."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..comparing import Family
from .style import FAINT, INK, WIDE, Look


def seeds(family: Family, looks: Mapping[str, Look], *, width: float) -> Figure:
    """One panel a setting: scores in points, a thin line a seed, a tick at each mean."""
    arms = list(dict.fromkeys((family.baseline, *family.arms)))
    count, beside = len(family.settings), width >= WIDE and len(family.settings) <= 2
    figure = Figure(figsize=(width, 2.5 if beside else 2.3 * count))
    panels = figure.subplots(*((1, count) if beside else (count, 1)), squeeze=False).ravel()
    for panel, setting in zip(panels, family.settings, strict=True):
        _panel(panel, family, setting, arms, looks)
    return figure


def _panel(panel: Axes, family: Family, setting: str, arms: list[str], looks: Mapping[str, Look]) -> None:
    table = family.scores[setting][arms]
    for _, row in table.iterrows():
        panel.plot(range(len(arms)), row.to_numpy(np.float64), color=FAINT, lw=0.5, alpha=0.6, zorder=1)
    for place, arm in enumerate(arms):
        look, scores = looks[arm], table[arm].to_numpy(np.float64)
        panel.plot(
            [place] * len(scores),
            scores,
            ls="none",
            marker=look.marker,
            ms=3.6,
            mfc=look.colour,
            mec="none",
            zorder=2,
        )
        panel.plot(
            [place - 0.28, place + 0.28],
            [np.nanmean(scores)] * 2 if np.isfinite(scores).any() else [np.nan] * 2,
            color=INK,
            lw=1.1,
            zorder=3,
        )
    panel.set_xticks(range(len(arms)), arms, rotation=35, ha="right", rotation_mode="anchor")
    panel.set_ylabel("test, points")
    panel.set_title(setting)

"""Learning curves: means over seeds with t bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..comparing.curves import Curve
from .style import WIDE, Look, key_below, key_height


def learning(curves: Sequence[Curve], looks: Mapping[str, Look], *, width: float) -> Figure:
    """One panel a setting; all arms in it."""
    settings = list(dict.fromkeys(c.setting for c in curves))
    columns = min(len(settings), 2) if width >= WIDE else 1
    rows = -(-len(settings) // columns)
    names = [arm for arm in looks if any(c.arm == arm for c in curves)]
    figure = Figure(figsize=(width, 2.3 * rows + key_height(names, width)))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel in panels[len(settings) :]:
        panel.set_visible(False)
    for panel, setting in zip(panels, settings, strict=False):
        for curve in (c for c in curves if c.setting == setting and c.arm in looks):
            look = looks[curve.arm]
            panel.fill_between(curve.epochs, curve.low, curve.high, color=look.colour, alpha=0.13, lw=0)
            panel.plot(
                curve.epochs,
                curve.mean,
                color=look.colour,
                ls=look.dash,
                marker=look.marker,
                ms=3,
                markevery=max(1, len(curve.epochs) // 6),
                lw=1.2,
            )
        panel.set_title(setting)
        panel.set_xlabel("epoch")
        panel.set_ylabel("points")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    key_below(figure, names, looks, width)
    return figure

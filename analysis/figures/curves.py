"""Figure of learning curves: means over seeds with t bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ..comparing.curves import Curve
from .panels import add_legend_below, setting_panels
from .style import ArmStyle


def draw_curves(curves: Sequence[Curve], styles: Mapping[str, ArmStyle], *, width: float) -> Figure:
    """Draw one panel per setting with the curves of all arms, in points by epoch."""
    settings = list(dict.fromkeys(c.setting for c in curves))
    arms = [arm for arm in styles if any(c.arm == arm for c in curves)]
    figure, panels = setting_panels(settings, arms, width=width, row_height=2.3)
    for panel, setting in zip(panels, settings, strict=True):
        for curve in (c for c in curves if c.setting == setting and c.arm in styles):
            _draw_curve(panel, curve, styles[curve.arm])
        panel.set_xlabel("epoch")
        panel.set_ylabel("points")
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    add_legend_below(figure, arms, styles, width)
    return figure


def _draw_curve(panel: Axes, curve: Curve, style: ArmStyle) -> None:
    panel.fill_between(curve.epochs, curve.low, curve.high, color=style.color, alpha=0.13, lw=0)
    panel.plot(
        curve.epochs,
        curve.mean,
        color=style.color,
        ls=style.dash,
        marker=style.marker,
        ms=3,
        markevery=max(1, len(curve.epochs) // 6),
        lw=1.2,
    )

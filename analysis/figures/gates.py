"""Figure of how much of each gate depends on the image, from the first plug to the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..comparing.gates import Gate
from .panels import add_legend_below, setting_panels
from .style import ArmStyle


def draw_gate_shares(gates: Sequence[Gate], styles: Mapping[str, ArmStyle], *, width: float) -> Figure:
    """Draw one panel per setting: the share of a gate's variance that is over images, in percent by plug."""
    settings = list(dict.fromkeys(g.setting for g in gates))
    arms = [arm for arm in styles if any(g.arm == arm for g in gates)]
    figure, panels = setting_panels(settings, arms, width=width, row_height=2.2, sharey=True)
    for panel, setting in zip(panels, settings, strict=True):
        _draw_panel(panel, [g for g in gates if g.setting == setting], arms, styles)
    add_legend_below(figure, arms, styles, width)
    return figure


def _draw_panel(
    panel: Axes, gates: Sequence[Gate], arms: Sequence[str], styles: Mapping[str, ArmStyle]
) -> None:
    table = pd.DataFrame(
        {
            "plug": [g.plug for g in gates],
            "arm": [g.arm for g in gates],
            "share": [100 * g.input_share for g in gates],
        }
    )
    sns.lineplot(
        table,
        x="plug",
        y="share",
        hue="arm",
        style="arm",
        sort=False,
        ax=panel,
        legend=False,
        lw=1.2,
        palette={a: styles[a].color for a in arms},
        markers={a: styles[a].marker for a in arms},
        dashes=False,
        mec="none",
        estimator=None,
    )
    plugs = list(dict.fromkeys(table["plug"]))
    panel.set_xticks(range(len(plugs)), plugs, rotation=30, ha="right", rotation_mode="anchor")
    panel.set(xlabel="", ylabel="variance over images, %", ylim=(-4, 104))

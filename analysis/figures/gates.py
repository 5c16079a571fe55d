"""How much of each gate depends on the image, from the first plug to the last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from ..comparing.gates import Gate
from .style import WIDE, Look, key_below, key_height


def gate_shares(gates: Sequence[Gate], looks: Mapping[str, Look], *, width: float) -> Figure:
    """One panel a setting: share of a gate's variance that is over images, by plug."""
    settings = list(dict.fromkeys(g.setting for g in gates))
    columns = min(len(settings), 2) if width >= WIDE else 1
    rows = -(-len(settings) // columns)
    arms = [arm for arm in looks if any(g.arm == arm for g in gates)]
    figure = Figure(figsize=(width, 2.2 * rows + key_height(arms, width)))
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True).ravel()
    for panel, setting in zip(panels, settings, strict=False):
        here = [g for g in gates if g.setting == setting]
        table = pd.DataFrame(
            {
                "plug": [g.plug for g in here],
                "arm": [g.arm for g in here],
                "share": [100 * g.input_share for g in here],
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
            palette={a: looks[a].colour for a in arms},
            markers={a: looks[a].marker for a in arms},
            dashes=False,
            mec="none",
            estimator=None,
        )
        names = list(dict.fromkeys(table["plug"]))
        panel.set_xticks(range(len(names)), names, rotation=30, ha="right", rotation_mode="anchor")
        panel.set_title(setting)
        panel.set(xlabel="", ylabel="variance over images, %", ylim=(-4, 104))
    for panel in panels[len(settings) :]:
        panel.set_visible(False)
    key_below(figure, arms, looks, width)
    return figure

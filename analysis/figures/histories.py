"""How the search went: every trial, and the best so far, for each arm with the same number of trials."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .style import WIDE, Look, key_below, key_height


def history(trials: pd.DataFrame, looks: Mapping[str, Look], *, width: float) -> Figure:
    """`trials`: columns setting, arm, trial, validation (points). One panel a setting."""
    settings = list(dict.fromkeys(trials["setting"]))
    arms = [a for a in looks if a in set(trials["arm"])]
    columns = min(len(settings), 2) if width >= WIDE else 1
    rows = -(-len(settings) // columns)
    figure = Figure(figsize=(width, 2.0 * rows + key_height(arms, width)))
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    colours = {a: looks[a].colour for a in arms}
    for panel, setting in zip(panels, settings, strict=False):
        here = trials[trials["setting"] == setting].sort_values("trial")
        here = here.assign(best=here.groupby("arm")["validation"].cummax())
        sns.scatterplot(
            here,
            x="trial",
            y="validation",
            hue="arm",
            style="arm",
            palette=colours,
            ax=panel,
            s=18,
            markers={a: looks[a].marker for a in arms},
            legend=False,
            lw=0,
            edgecolor="none",
            alpha=0.75,
        )
        for arm in arms:
            one = here[here["arm"] == arm]
            panel.step(
                one["trial"], one["best"], where="post", color=colours[arm], ls=looks[arm].dash, lw=1.1
            )
        panel.set(xlabel="trial", ylabel="validation, points")
        panel.set_title(setting)
        panel.xaxis.set_major_locator(MaxNLocator(integer=True))
    for panel in panels[len(settings) :]:
        panel.set_visible(False)
    key_below(figure, arms, looks, width)
    return figure

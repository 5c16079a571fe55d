"""Figure of a search's history: every trial and the best so far, by arm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd
import seaborn as sns
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from .panels import add_legend_below, setting_panels
from .style import ArmStyle


def draw_search_history(trials: pd.DataFrame, styles: Mapping[str, ArmStyle], *, width: float) -> Figure:
    """Draw one panel per setting; `trials`: columns setting, arm, trial, validation (points)."""
    settings = list(dict.fromkeys(trials["setting"]))
    arms = [a for a in styles if a in set(trials["arm"])]
    figure, panels = setting_panels(settings, arms, width=width, row_height=2.0)
    for panel, setting in zip(panels, settings, strict=True):
        here = trials[trials["setting"] == setting].sort_values("trial")
        _draw_panel(panel, here.assign(best=here.groupby("arm")["validation"].cummax()), arms, styles)
    add_legend_below(figure, arms, styles, width)
    return figure


def _draw_panel(
    panel: Axes, trials: pd.DataFrame, arms: Sequence[str], styles: Mapping[str, ArmStyle]
) -> None:
    sns.scatterplot(
        trials,
        x="trial",
        y="validation",
        hue="arm",
        style="arm",
        palette={a: styles[a].color for a in arms},
        ax=panel,
        s=18,
        markers={a: styles[a].marker for a in arms},
        legend=False,
        lw=0,
        edgecolor="none",
        alpha=0.75,
    )
    for arm in arms:
        own, style = trials[trials["arm"] == arm], styles[arm]
        panel.step(own["trial"], own["best"], where="post", color=style.color, ls=style.dash, lw=1.1)
    panel.set(xlabel="trial", ylabel="validation, points")
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))

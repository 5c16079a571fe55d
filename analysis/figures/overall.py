"""All arms beside each other over all settings, and what other numbers of seeds could have told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure

from ..comparing.pairwise import Chance, Pair
from ..comparing.sentences import signed
from .style import BASELINE, COLOURS, FAINT, INK, Look, key_below, key_height, shortened


def matrix(pairs: Sequence[Pair], *, width: float, alpha: float) -> Figure:
    """Row less column, in points; pale where the two are not told apart."""
    arms = list(dict.fromkeys(a for p in pairs for a in (p.first, p.second)))
    size, place = len(arms), {arm: i for i, arm in enumerate(arms)}
    values = np.full((size, size), np.nan)
    notes = np.full((size, size), "", dtype=object)
    wide = width / size > 0.55
    for p in pairs:
        for row, column, sign in ((p.first, p.second, 1), (p.second, p.first, -1)):
            at = place[row], place[column]
            values[at] = sign * p.mean if p.p <= alpha + 1e-12 else 0.1 * sign * p.mean
            wins = p.wins if sign > 0 else p.losses
            notes[at] = f"{signed(sign * p.mean, 1)}\n{wins}/{p.blocks}" if wide else signed(sign * p.mean, 1)
    limit = max((abs(p.mean) for p in pairs if p.mean == p.mean), default=1.0) or 1.0
    figure = Figure(figsize=(width, min(width, 0.36 * size + 0.9)))
    panel = figure.subplots()
    names = [shortened(a, 18) for a in arms]
    sns.heatmap(
        values,
        ax=panel,
        cmap="PuOr",
        vmin=-limit,
        vmax=limit,
        cbar=False,
        lw=0.6,
        linecolor=FAINT,
        annot=notes,
        fmt="",
        annot_kws={"fontsize": 6},
        mask=np.isnan(values),
        xticklabels=names,
        yticklabels=names,
    )
    panel.tick_params(length=0)
    panel.set_xticks(panel.get_xticks(), names, rotation=35, ha="right", rotation_mode="anchor")
    panel.set_yticks(panel.get_yticks(), names, rotation=0)
    return figure


def profile(differences: pd.DataFrame, looks: Mapping[str, Look], *, width: float) -> Figure:
    """Share of the (setting, seed) blocks in which an arm's gain exceeds x."""
    arms = [a for a in looks if a in set(differences["arm"])]
    figure = Figure(figsize=(width, 2.1 + key_height(arms, width)))
    panel = figure.subplots()
    for arm in arms:
        sns.ecdfplot(
            x=differences.loc[differences["arm"] == arm, "difference"],
            complementary=True,
            ax=panel,
            color=looks[arm].colour,
            ls=looks[arm].dash,
            marker=looks[arm].marker,
            ms=3,
            lw=1.1,
        )
    panel.axvline(0, color=FAINT, lw=0.7, zorder=0)
    panel.set(xlabel="difference from the baseline, points", ylabel="share of pairs above")
    key_below(figure, arms, looks, width)
    return figure


def seeds_needed(chances: Sequence[Chance], *, here: int, margin: str, width: float) -> Figure:
    """Chance of each right verdict by the number of seeds; a line at the study's own."""
    figure = Figure(figsize=(width, 2.2))
    panel = figure.subplots()
    x = [c.seeds for c in chances]
    drawn = (
        ("equivalent", "EQUIVALENT, if equal", COLOURS[0], "o", "-"),
        ("better", f"BETTER, if better by {margin}", COLOURS[1], "s", "--"),
        ("better_twice", "BETTER, if by twice that", COLOURS[2], "^", "-."),
    )
    for name, label, colour, marker, dash in drawn:
        panel.plot(
            x,
            [100 * getattr(c, name) for c in chances],
            color=colour,
            marker=marker,
            ms=4,
            ls=dash,
            label=label,
        )
    panel.axhline(80, color=FAINT, lw=0.7, ls=":")
    panel.axvline(here, color=BASELINE, lw=0.9)
    panel.annotate(
        "this study",
        (here, 0),
        xytext=(3, 3),
        textcoords="offset points",
        fontsize=6.5,
        color=INK,
        va="bottom",
    )
    panel.set(xlabel="seeds", ylabel="right verdicts, %", ylim=(-3, 103), xticks=x)
    panel.legend(fontsize=6.5 if width < 5 else 7.5, loc="center right")
    return figure

"""Figures of all arms over all settings: the matrix of pairs, profiles of the gains, and power by seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import seaborn as sns
from matplotlib.figure import Figure
from numpy.typing import NDArray

from ..comparing.pairwise import Pair, PowerAtSeeds
from ..comparing.sentences import format_signed
from ..statistics.paired import FloatArray
from .heatmap import blank_notes, draw_heatmap, largest_magnitude
from .panels import add_legend_below, legend_height
from .style import BASELINE, COLORS, FAINT, INK, ArmStyle, shorten_label

PALE = 0.1  # factor on the color of a difference that is not significant


def draw_pair_matrix(pairs: Sequence[Pair], *, width: float, alpha: float) -> Figure:
    """Draw row - column in points for every pair of arms; pale where the difference is not significant."""
    arms = list(dict.fromkeys(arm for pair in pairs for arm in (pair.first, pair.second)))
    values, notes = pair_table(pairs, arms, alpha=alpha, with_wins=width / len(arms) > 0.55)
    figure = Figure(figsize=(width, min(width, 0.36 * len(arms) + 0.9)))
    panel = figure.subplots()
    names = [shorten_label(arm, 18) for arm in arms]
    limit = largest_magnitude(pair.mean for pair in pairs)
    draw_heatmap(panel, values, notes, limit=limit, columns=names, rows=names, fontsize=6)
    panel.tick_params(length=0)
    panel.set_xticks(panel.get_xticks(), names, rotation=35, ha="right", rotation_mode="anchor")
    panel.set_yticks(panel.get_yticks(), names, rotation=0)
    return figure


def pair_table(
    pairs: Sequence[Pair], arms: Sequence[str], *, alpha: float, with_wins: bool
) -> tuple[FloatArray, NDArray[Any]]:
    """Return the color value and the text of every (row arm, column arm); NaN on the diagonal."""
    values, notes = np.full((len(arms), len(arms)), np.nan), blank_notes(len(arms), len(arms))
    for p in pairs:
        strength = 1.0 if p.p <= alpha + 1e-12 else PALE
        for row, column, sign, wins in ((p.first, p.second, 1, p.wins), (p.second, p.first, -1, p.losses)):
            index = arms.index(row), arms.index(column)
            values[index] = strength * sign * p.mean
            text = format_signed(sign * p.mean, 1)
            notes[index] = f"{text}\n{wins}/{p.blocks}" if with_wins else text
    return values, notes


def draw_gain_profiles(differences: pd.DataFrame, styles: Mapping[str, ArmStyle], *, width: float) -> Figure:
    """Draw the share of the (setting, seed) blocks in which an arm's gain exceeds x, for x in points."""
    arms = [a for a in styles if a in set(differences["arm"])]
    figure = Figure(figsize=(width, 2.1 + legend_height(arms, width)))
    panel = figure.subplots()
    for arm in arms:
        sns.ecdfplot(
            x=differences.loc[differences["arm"] == arm, "difference"],
            complementary=True,
            ax=panel,
            color=styles[arm].color,
            ls=styles[arm].dash,
            marker=styles[arm].marker,
            ms=3,
            lw=1.1,
        )
    panel.axvline(0, color=FAINT, lw=0.7, zorder=0)
    panel.set(xlabel="difference from the baseline, points", ylabel="share of pairs above")
    add_legend_below(figure, arms, styles, width)
    return figure


def draw_power_curves(powers: Sequence[PowerAtSeeds], *, own_seeds: int, margin: str, width: float) -> Figure:
    """Draw the probability of each correct verdict by the number of seeds, with a line at the study's own."""
    figure = Figure(figsize=(width, 2.2))
    panel = figure.subplots()
    seeds = [p.seeds for p in powers]
    lines = (
        ([p.equivalent for p in powers], "EQUIVALENT, if equal", COLORS[0], "o", "-"),
        ([p.better for p in powers], f"BETTER, if better by {margin}", COLORS[1], "s", "--"),
        ([p.better_twice for p in powers], "BETTER, if by twice that", COLORS[2], "^", "-."),
    )
    for values, label, color, marker, dash in lines:
        percent = [100 * value for value in values]
        panel.plot(seeds, percent, color=color, marker=marker, ms=4, ls=dash, label=label)
    panel.axhline(80, color=FAINT, lw=0.7, ls=":")
    panel.axvline(own_seeds, color=BASELINE, lw=0.9)
    panel.annotate(
        "this study",
        (own_seeds, 0),
        xytext=(3, 3),
        textcoords="offset points",
        fontsize=6.5,
        color=INK,
        va="bottom",
    )
    panel.set(xlabel="seeds", ylabel="correct verdicts, %", ylim=(-3, 103), xticks=seeds)
    panel.legend(fontsize=6.5 if width < 5 else 7.5, loc="center right")
    return figure

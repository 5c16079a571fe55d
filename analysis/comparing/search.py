"""Arrange search trials in grids of two numeric options, one facet per value of the other options."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import pandas as pd

AXES = ("kernel_size", "reduction")  # options that make the axes where a search varies them


class GridCell(NamedTuple):
    """Trials with equal options; `gain`: their mean validation score above the grid's reference, in points."""

    facet: str
    x: float
    y: float
    n: int
    gain: float


class Grid(NamedTuple):
    """A searched arm on a setting. `x`, `y`: names of the options on the axes; `facets`: values of the other options;
    `cells`: the combinations that were tried; `reference`: validation score of the baseline's best trial, points."""

    arm: str
    setting: str
    x: str
    y: str
    facet: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    facets: tuple[str, ...]
    cells: tuple[GridCell, ...]
    reference: float
    trials: int


def build_search_grids(runs: pd.DataFrame) -> list[Grid]:
    """Return a grid for each searched arm and setting whose trials have at least two numeric options."""
    trials = runs[(runs["role"] == "trial") & runs["validation"].notna()]
    if trials.empty:
        return []
    options = pd.DataFrame([json.loads(text) for text in trials["options"]], index=trials.index)
    grids = []
    for (setting, arm), group in trials.groupby(["setting", "arm"], sort=False):
        plain = trials[(trials["setting"] == setting) & (trials["module"] == "none")]
        reference = float(plain["validation"].max()) if len(plain) else float(group["validation"].min())
        own_options = options.loc[group.index].dropna(axis=1, how="all")
        axes = _choose_axes(own_options)
        if axes is not None:
            grids.append(_build_grid(str(arm), str(setting), group, own_options, axes, reference))
    return grids


def _choose_axes(options: pd.DataFrame) -> tuple[str, str] | None:
    """Return the names of two numeric options, those in AXES first; None if there are fewer."""
    names = [str(c) for c in options.columns]
    numeric = [c for c in names if pd.api.types.is_numeric_dtype(options[c]) and options[c].dtype != bool]
    preferred = [c for c in AXES if c in numeric]
    ordered = preferred + [c for c in numeric if c not in preferred]
    return (ordered[0], ordered[1]) if len(ordered) > 1 else None


def _build_grid(
    arm: str,
    setting: str,
    group: pd.DataFrame,
    options: pd.DataFrame,
    axes: tuple[str, str],
    reference: float,
) -> Grid:
    x, y = axes
    others = [str(c) for c in options.columns if c not in axes and options[c].nunique() > 1]
    facet = pd.Series("", index=options.index)
    if others:
        facet = options[others].map(_format_option).agg(", ".join, axis=1)
    table = pd.DataFrame({"x": options[x], "y": options[y], "facet": facet, "score": group["validation"]})
    return Grid(
        arm=arm,
        setting=setting,
        x=x,
        y=y,
        facet=" and ".join(others),
        xs=_unique_values(table["x"]),
        ys=_unique_values(table["y"]),
        facets=tuple(sorted(table["facet"].unique())),
        cells=_average_cells(table, reference),
        reference=reference,
        trials=len(group),
    )


def _average_cells(table: pd.DataFrame, reference: float) -> tuple[GridCell, ...]:
    means = table.groupby(["facet", "x", "y"])["score"].agg(["size", "mean"]).reset_index()
    return tuple(
        GridCell(str(facet), float(x), float(y), int(n), float(mean) - reference)
        for facet, x, y, n, mean in means.itertuples(index=False)
    )


def _format_option(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _unique_values(values: pd.Series[float]) -> tuple[float, ...]:
    return tuple(float(v) for v in np.unique(values.to_numpy(np.float64)))

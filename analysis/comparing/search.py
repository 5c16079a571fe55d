"""What the search tried: a grid of two numeric options for each value of the others."""

from __future__ import annotations

import json
from typing import NamedTuple

import numpy as np
import pandas as pd

SCORED = ("finished", "pruned")


class GridCell(NamedTuple):
    """Trials with equal options; `gain`: their mean validation score above the baseline's best, in points."""

    facet: str
    x: float
    y: float
    n: int
    gain: float


class Grid(NamedTuple):
    """A searched arm on a setting; x and y name options, `facets` the others' values. Only tried cells."""

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


def search_grids(runs: pd.DataFrame) -> list[Grid]:
    """A grid for each searched arm and setting that has at least two numeric options in its trials."""
    trials = runs[(runs["role"] == "trial") & runs["validation"].notna()]
    if trials.empty:
        return []
    options = pd.DataFrame([json.loads(text) for text in trials["options"]], index=trials.index)
    grids = []
    for (setting, arm), group in trials.groupby(["setting", "arm"], sort=False):
        plain = trials[(trials["setting"] == setting) & (trials["module"] == "none")]
        reference = float(plain["validation"].max()) if len(plain) else float(group["validation"].min())
        grid = _grid(
            str(arm), str(setting), group, options.loc[group.index].dropna(axis=1, how="all"), reference
        )
        grids += [grid] if grid else []
    return grids


def _grid(
    arm: str, setting: str, group: pd.DataFrame, options: pd.DataFrame, reference: float
) -> Grid | None:
    names = [str(c) for c in options.columns]
    numeric = [c for c in names if pd.api.types.is_numeric_dtype(options[c]) and options[c].dtype != bool]
    if len(numeric) < 2:
        return None
    preferred = [c for c in ("kernel_size", "reduction") if c in numeric]
    x, y = (preferred + [c for c in numeric if c not in preferred])[:2]
    others = [c for c in names if c not in (x, y) and options[c].nunique() > 1]
    facet = (
        options[others].map(_text).agg(", ".join, axis=1) if others else pd.Series("", index=options.index)
    )
    table = pd.DataFrame({"x": options[x], "y": options[y], "facet": facet, "score": group["validation"]})
    means = table.groupby(["facet", "x", "y"])["score"].agg(["size", "mean"]).reset_index()
    cells = [
        GridCell(str(name), float(cx), float(cy), int(n), float(mean) - reference)
        for name, cx, cy, n, mean in means.itertuples(index=False)
    ]
    return Grid(
        arm,
        setting,
        x,
        y,
        " and ".join(others),
        _sorted(table["x"]),
        _sorted(table["y"]),
        tuple(sorted(table["facet"].unique())),
        tuple(cells),
        reference,
        len(group),
    )


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _sorted(values: pd.Series[float]) -> tuple[float, ...]:
    return tuple(float(v) for v in np.unique(values.to_numpy(np.float64)))

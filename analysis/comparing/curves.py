"""Learning curves over seeds, with t bands (a bootstrap band of six seeds covers too little)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from ..frames import POINTS, Recorded


class Curve(NamedTuple):
    """Mean primary validation metric after each epoch, in points, and its 95 % t band (NaN: one seed)."""

    arm: str
    setting: str
    epochs: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def learning_curves(recorded: Recorded) -> list[Curve]:
    """One an arm and setting, from the epochs that every seed of the arm has reached or that most have."""
    runs = recorded.runs
    here = runs[(runs["role"] == "run") & runs["current"]][["key", "arm", "setting", "primary"]].dropna()
    here = here.assign(metric="validation/" + here["primary"].astype(str))
    joined = here.merge(recorded.curves, on=["key", "metric"])
    return [
        _curve(str(arm), str(setting), group)
        for (setting, arm), group in joined.groupby(["setting", "arm"], sort=False)
    ]


def _curve(arm: str, setting: str, group: pd.DataFrame) -> Curve:
    table = POINTS * group.pivot(index="epoch", columns="key", values="value").sort_index()
    n = table.notna().sum(axis=1).to_numpy()
    mean = table.mean(axis=1).to_numpy(np.float64)
    error = table.std(axis=1, ddof=1).to_numpy(np.float64) / np.sqrt(n)
    half = special.stdtrit(np.maximum(n - 1, 1), 0.975) * error
    epochs = tuple(int(str(e)) for e in table.index)
    return Curve(arm, setting, epochs, _floats(mean), _floats(mean - half), _floats(mean + half))


def _floats(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[float, ...]:
    return tuple(float(v) for v in values)

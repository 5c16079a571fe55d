"""Learning curves over seeds, with t bands (a bootstrap band of six seeds covers too little)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from ..frames import POINTS, Recorded
from ..statistics.paired import FloatArray


class Curve(NamedTuple):
    """Mean primary validation metric after each epoch, in points, and its 95 % t band (NaN: one seed)."""

    arm: str
    setting: str
    epochs: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def learning_curves(recorded: Recorded) -> list[Curve]:
    """One an arm and setting."""
    return [
        _curve(str(arm), str(setting), _table(group))
        for (setting, arm), group in _validation(recorded).groupby(["setting", "arm"], sort=False)
    ]


def gain_curves(recorded: Recorded, baseline: str) -> list[Curve]:
    """The same for the differences from the baseline's run of the same seed."""
    found = []
    for setting, here in _validation(recorded).groupby("setting", sort=False):
        tables = {str(arm): _table(group) for arm, group in here.groupby("arm", sort=False)}
        if baseline in tables:
            base = tables.pop(baseline)
            found += [
                _curve(arm, str(setting), (table - base).dropna(how="all")) for arm, table in tables.items()
            ]
    return found


def _validation(recorded: Recorded) -> pd.DataFrame:
    runs = recorded.runs
    here = runs[(runs["role"] == "run") & runs["current"]][
        ["key", "arm", "setting", "seed", "primary"]
    ].dropna()
    here = here.assign(metric="validation/" + here["primary"].astype(str))
    return here.merge(recorded.curves, on=["key", "metric"])


def _table(group: pd.DataFrame) -> pd.DataFrame:
    """Epochs by seeds, points."""
    return POINTS * group.pivot(index="epoch", columns="seed", values="value").sort_index()


def _curve(arm: str, setting: str, table: pd.DataFrame) -> Curve:
    n = table.notna().sum(axis=1).to_numpy()
    mean = table.mean(axis=1).to_numpy(np.float64)
    error = table.std(axis=1, ddof=1).to_numpy(np.float64) / np.sqrt(np.maximum(n, 1))
    half = special.stdtrit(np.maximum(n - 1, 1), 0.975) * error
    epochs = tuple(int(str(e)) for e in table.index)
    return Curve(arm, setting, epochs, _floats(mean), _floats(mean - half), _floats(mean + half))


def _floats(values: FloatArray) -> tuple[float, ...]:
    return tuple(float(v) for v in values)

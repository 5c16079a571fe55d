"""Average learning curves over seeds, with t bands: a bootstrap band of six seeds covers too little."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import special

from ..frames import POINTS, StudyRecord
from ..statistics.paired import FloatArray


class Curve(NamedTuple):
    """Mean primary validation metric after each epoch, in points, and its 95 % t band (NaN with one seed)."""

    arm: str
    setting: str
    epochs: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


def average_learning_curves(record: StudyRecord) -> list[Curve]:
    """Return one curve per setting and arm."""
    return [
        _average(str(arm), str(setting), _epochs_by_seeds(group))
        for (setting, arm), group in _validation_rows(record).groupby(["setting", "arm"], sort=False)
    ]


def average_gain_curves(record: StudyRecord, baseline: str) -> list[Curve]:
    """Return one curve per setting and arm of the differences from the baseline's run of the same seed."""
    curves = []
    for setting, here in _validation_rows(record).groupby("setting", sort=False):
        tables = {str(arm): _epochs_by_seeds(group) for arm, group in here.groupby("arm", sort=False)}
        if baseline in tables:
            base = tables.pop(baseline)
            curves += [
                _average(arm, str(setting), (table - base).dropna(how="all")) for arm, table in tables.items()
            ]
    return curves


def _validation_rows(record: StudyRecord) -> pd.DataFrame:
    """Return the rows of `record.curves` that hold a current run's primary validation metric."""
    runs = record.current_runs[["key", "arm", "setting", "seed", "primary"]].dropna()
    runs = runs.assign(metric="validation/" + runs["primary"].astype(str))
    return runs.merge(record.curves, on=["key", "metric"])


def _epochs_by_seeds(group: pd.DataFrame) -> pd.DataFrame:
    return POINTS * group.pivot(index="epoch", columns="seed", values="value").sort_index()


def _average(arm: str, setting: str, table: pd.DataFrame) -> Curve:
    n = table.notna().sum(axis=1).to_numpy()
    mean = table.mean(axis=1).to_numpy(np.float64)
    error = table.std(axis=1, ddof=1).to_numpy(np.float64) / np.sqrt(np.maximum(n, 1))
    half = special.stdtrit(np.maximum(n - 1, 1), 0.975) * error
    epochs = tuple(int(str(e)) for e in table.index)
    return Curve(arm, setting, epochs, _floats(mean), _floats(mean - half), _floats(mean + half))


def _floats(values: FloatArray) -> tuple[float, ...]:
    return tuple(float(v) for v in values)

"""What an arm costs beside the family's baseline."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

import pandas as pd

from .verdicts import Family


class Cost(NamedTuple):
    """Medians over an arm's runs on a setting; `more_*` in percent of the baseline's."""

    arm: str
    setting: str
    parameters: float
    macs: float
    seconds: float
    latency_ms: float
    peak_bytes: float
    more_parameters: float
    more_macs: float
    more_seconds: float
    more_latency: float


def costs(runs: pd.DataFrame, families: list[Family]) -> list[Cost]:
    """Every arm that takes part in a family, once, beside the first family's baseline."""
    main = next((f for f in families if f.role == "main"), families[0])
    arms = list(dict.fromkeys([main.baseline, *(a for f in families for a in (f.baseline, *f.arms))]))
    columns = ["parameters", "macs", "seconds", "latency_ms", "peak_bytes"]
    medians = runs[runs["score"].notna()].groupby(["setting", "arm"])[columns].median()
    return [
        _cost(medians, setting, arm, main.baseline)
        for setting in main.settings
        for arm in arms
        if (setting, arm) in medians.index
    ]


def _cost(medians: pd.DataFrame, setting: str, arm: str, baseline: str) -> Cost:
    own = _row(medians, setting, arm)
    base = _row(medians, setting, baseline) if (setting, baseline) in medians.index else {}
    more = [_more(own[name], base.get(name, nan)) for name in ("parameters", "macs", "seconds", "latency_ms")]
    return Cost(
        arm,
        setting,
        own["parameters"],
        own["macs"],
        own["seconds"],
        own["latency_ms"],
        own["peak_bytes"],
        *more,
    )


def _row(medians: pd.DataFrame, setting: str, arm: str) -> dict[str, float]:
    return {str(name): float(values[setting, arm]) for name, values in medians.items()}


def _more(value: float, base: float) -> float:
    return 100 * (value / base - 1) if base > 0 else nan

"""Compare what the arms cost with what the baseline costs."""

from __future__ import annotations

from math import nan
from typing import NamedTuple

import pandas as pd

from .family import Family, main_family

MEASURES = ["parameters", "macs", "seconds", "latency_ms", "peak_bytes"]


class Cost(NamedTuple):
    """Medians over an arm's runs on a setting; `more_*`: extra cost in percent of the baseline's."""

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


def compare_costs(runs: pd.DataFrame, families: list[Family]) -> list[Cost]:
    """Return the cost of every arm that takes part in a family, once, against the main family's baseline."""
    main = main_family(families)
    arms = list(dict.fromkeys([main.baseline, *(a for f in families for a in (f.baseline, *f.arms))]))
    medians = runs[runs["score"].notna()].groupby(["setting", "arm"])[MEASURES].median()
    return [
        _compare_with_baseline(medians, setting, arm, main.baseline)
        for setting in main.settings
        for arm in arms
        if (setting, arm) in medians.index
    ]


def _compare_with_baseline(medians: pd.DataFrame, setting: str, arm: str, baseline: str) -> Cost:
    own = _costs_of(medians, setting, arm)
    base = _costs_of(medians, setting, baseline)
    extra = {name: _extra_percent(own[name], base[name]) for name in MEASURES}
    return Cost(
        arm=arm,
        setting=setting,
        **own,
        more_parameters=extra["parameters"],
        more_macs=extra["macs"],
        more_seconds=extra["seconds"],
        more_latency=extra["latency_ms"],
    )


def _costs_of(medians: pd.DataFrame, setting: str, arm: str) -> dict[str, float]:
    if (setting, arm) not in medians.index:
        return dict.fromkeys(MEASURES, nan)
    return {str(name): float(values[setting, arm]) for name, values in medians.items()}


def _extra_percent(value: float, base: float) -> float:
    return 100 * (value / base - 1) if base > 0 else nan

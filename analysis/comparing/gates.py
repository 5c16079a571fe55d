"""What trained gates do: how much they depend on the image, and how much the network relies on them."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..frames import Study
from ..statistics import Paired, paired


class Gate(NamedTuple):
    """One plug of an arm on a setting: medians over its runs. `input_share`: the part of the gate's variance that
    is over images, `saturated`: of its sigmoids' outputs, the share near an edge (NaN without a sigmoid); both 0
    to 1. `constant`: in how many of the `runs` it hardly depended on the image."""

    arm: str
    setting: str
    plug: str
    runs: int
    mean: float
    sd: float
    input_share: float
    saturated: float
    constant: int


class Reliance(NamedTuple):
    """Points that a trained network loses when every gate is fixed at its mean over images, over seeds."""

    arm: str
    setting: str
    lost: Paired


class Gates(NamedTuple):
    """All that was probed; both empty where no run has probes."""

    gates: tuple[Gate, ...]
    reliance: tuple[Reliance, ...]

    def constant(self, arm: str, setting: str) -> list[Gate]:
        """The arm's gates that are constant in every run that was probed."""
        return [g for g in self.gates if (g.arm, g.setting) == (arm, setting) and g.constant == g.runs > 0]


def gates(runs: pd.DataFrame, study: Study) -> Gates:
    """`runs`: a study's current runs. In the study's order, plugs from the input to the output."""
    probed = runs[runs["probes"].notna()]
    settings, arms = list(study.settings), list(study.arms)
    grouped = sorted(
        probed.groupby(["setting", "arm"]),
        key=lambda one: (settings.index(str(one[0][0])), arms.index(str(one[0][1]))),
    )
    reliance = [
        Reliance(str(arm), str(setting), paired(group["reliance"].to_numpy()))
        for (setting, arm), group in grouped
        if group["reliance"].notna().any()
    ]
    found = [gate for (setting, arm), group in grouped for gate in _gates(str(arm), str(setting), group)]
    return Gates(tuple(found), tuple(reliance))


def _gates(arm: str, setting: str, group: pd.DataFrame) -> Iterator[Gate]:
    probes = list(group["probes"])
    for plug in dict.fromkeys(name for one in probes for name in one.get("gates") or {}):
        with_it = [one for one in probes if plug in (one.get("gates") or {})]
        read = [one["gates"][plug] for one in with_it]
        mean, sd, share, saturated = (
            _median(read, name) for name in ("mean", "sd", "input_share", "saturated")
        )
        constant = sum(plug in (one.get("constant_gates") or ()) for one in with_it)
        yield Gate(arm, setting, plug, len(read), mean, sd, share, saturated, constant)


def _median(read: list[dict[str, float | None]], name: str) -> float:
    known = [float(value) for one in read if (value := one.get(name)) is not None]
    return float(np.median(known)) if known else nan

"""What trained gates do: how much they depend on the image, and how much the network relies on that."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..frames import Study
from ..statistics import PairedTest, paired_t_test


class Gate(NamedTuple):
    """One plug of an arm on a setting, as medians over its runs.

    `input_share`: part of the gate's variance that is over images, 0 to 1; `saturated`: share of its sigmoid outputs
    near 0 or 1, NaN without a sigmoid; `constant`: in how many of the `runs` it hardly depended on the image."""

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
    """Points that a trained network loses when every gate is fixed at its mean over images, tested over seeds."""

    arm: str
    setting: str
    lost: PairedTest


class GateProbes(NamedTuple):
    """The gates and reliances of a study; both empty where no run has probes."""

    gates: tuple[Gate, ...]
    reliance: tuple[Reliance, ...]

    def gates_of(self, arm: str, setting: str) -> list[Gate]:
        """Return an arm's gates on a setting, from the input to the output."""
        return [g for g in self.gates if (g.arm, g.setting) == (arm, setting)]

    def constant_gates(self, arm: str, setting: str) -> list[Gate]:
        """Return the arm's gates that are constant in every probed run."""
        return [g for g in self.gates_of(arm, setting) if g.constant == g.runs > 0]


def summarize_gates(runs: pd.DataFrame, study: Study) -> GateProbes:
    """Summarize the probes of a study's current runs, in the study's order of settings and arms."""
    probed = runs[runs["probes"].notna()]
    settings, arms = list(study.settings), list(study.arms)
    groups = sorted(
        ((str(setting), str(arm), group) for (setting, arm), group in probed.groupby(["setting", "arm"])),
        key=lambda entry: (settings.index(entry[0]), arms.index(entry[1])),
    )
    reliance = [
        Reliance(arm, setting, paired_t_test(group["reliance"].to_numpy()))
        for setting, arm, group in groups
        if group["reliance"].notna().any()
    ]
    gates = [gate for setting, arm, group in groups for gate in _summarize_plugs(arm, setting, group)]
    return GateProbes(tuple(gates), tuple(reliance))


def _summarize_plugs(arm: str, setting: str, group: pd.DataFrame) -> Iterator[Gate]:
    probes = list(group["probes"])
    for plug in dict.fromkeys(name for probe in probes for name in probe.get("gates") or {}):
        with_plug = [probe for probe in probes if plug in (probe.get("gates") or {})]
        values = [probe["gates"][plug] for probe in with_plug]
        yield Gate(
            arm=arm,
            setting=setting,
            plug=plug,
            runs=len(values),
            mean=_median(values, "mean"),
            sd=_median(values, "sd"),
            input_share=_median(values, "input_share"),
            saturated=_median(values, "saturated"),
            constant=sum(plug in (probe.get("constant_gates") or ()) for probe in with_plug),
        )


def _median(gates: list[dict[str, float | None]], name: str) -> float:
    known = [float(value) for gate in gates if (value := gate.get(name)) is not None]
    return float(np.median(known)) if known else nan

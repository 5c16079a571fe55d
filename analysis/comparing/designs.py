"""A recorded study's tables as designs, with the spread of the differences that its runs already show."""

from __future__ import annotations

from collections.abc import Mapping
from math import nan, sqrt
from typing import Any

import numpy as np
import pandas as pd

from ..frames import Recorded
from ..power import Design


def recorded_designs(recorded: Recorded) -> list[Design]:
    """One a family, by its plan: finished runs are used for the sd only."""
    runs = recorded.runs
    current = runs[(runs["role"] == "run") & runs["current"]]
    seeds = len(recorded.study.spec.get("seeds", ())) or int(current["seed"].nunique())
    return [
        Design(
            str(family.get("title") or family["name"]),
            seeds,
            len(family["arms"]),
            len(family["settings"]),
            recorded.study.margin,
            recorded.study.alpha,
            difference_sd(current, family),
        )
        for family in recorded.study.families
        if family["arms"]
    ]


def difference_sd(runs: pd.DataFrame, family: Mapping[str, Any]) -> float:
    """Root mean square over the family's cells of the sd of paired differences, points; NaN without two pairs."""
    variances = []
    for setting in family["settings"]:
        here = runs[runs["setting"] == setting]
        table = here.pivot(index="seed", columns="arm", values="score")
        if family["baseline"] in table:
            differences = table.sub(table[family["baseline"]], axis=0).astype(np.float64)
            variances += [differences[arm].var(ddof=1) for arm in family["arms"] if arm in differences]
    known = [v for v in variances if v == v]
    return sqrt(sum(known) / len(known)) if known else nan

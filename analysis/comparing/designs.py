"""Describe a recorded study's families as designs, with the spread of the differences seen so far."""

from __future__ import annotations

from math import nan, sqrt

import numpy as np
import pandas as pd

from experiments.config.study_plan import Family as PlannedFamily

from ..frames import StudyRecord
from ..power import Design


def study_designs(record: StudyRecord) -> list[Design]:
    """Return one design per planned family; finished runs contribute only the sd."""
    study, runs = record.study, record.current_runs
    seeds = len(study.spec.get("seeds", ())) or int(runs["seed"].nunique())
    return [
        Design(
            title=family.title or family.name,
            seeds=seeds,
            arms=len(family.arms),
            settings=len(family.settings),
            margin=study.margin,
            alpha=study.alpha,
            sd=pooled_difference_sd(runs, family),
        )
        for family in study.families
        if family.arms
    ]


def pooled_difference_sd(runs: pd.DataFrame, family: PlannedFamily) -> float:
    """Return the root mean square over a family's cells of the sd of paired differences, in points.

    NaN without a cell that has two pairs."""
    variances = []
    for setting in family.settings:
        here = runs[runs["setting"] == setting]
        table = here.pivot(index="seed", columns="arm", values="score")
        if family.baseline in table:
            differences = table.sub(table[family.baseline], axis=0).astype(np.float64)
            variances += [differences[arm].var(ddof=1) for arm in family.arms if arm in differences]
    known = [v for v in variances if v == v]
    return sqrt(sum(known) / len(known)) if known else nan

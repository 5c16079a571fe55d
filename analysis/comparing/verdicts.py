"""Compare the arms of a family with its baseline on every setting, paired by seed, and decide the verdicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from experiments.config.study_plan import Family as PlannedFamily

from ..frames import Study
from ..statistics import (
    Block,
    Decisions,
    MoreSeeds,
    compare_over_settings,
    decide_family,
    more_seeds,
    noise_floor,
    paired_t_test,
    pooled_skewness,
    seed_correlation,
    step_down,
)
from ..statistics.paired import FloatArray
from .family import Cell, Family, Level, MissingRun

SEED = 20260
MIN_PAIRS_FOR_FORECAST = 3  # a spread estimated from two pairs is too uncertain to simulate from


def compare_family(runs: pd.DataFrame, family: PlannedFamily, study: Study) -> Family:
    """Compare one family of a study; `runs`: the study's current runs without trials, `family`: as recorded."""
    arms, settings, baseline = family.arms, family.settings, family.baseline
    tables = {s: _score_table(runs, s, (baseline, *arms)) for s in settings}
    blocks = [Block(paired_differences(tables[s], baseline, arms), arms) for s in settings]
    rng = np.random.default_rng(SEED)
    decisions = decide_family(blocks, rng, margin=study.margin, alpha=study.alpha)
    needed = _forecast_open_cells(blocks, decisions, study)
    return Family(
        name=family.name,
        title=family.title,
        role=family.role,
        baseline=baseline,
        arms=arms,
        settings=settings,
        margin=study.margin,
        alpha=study.alpha,
        cells=_build_cells(tables, baseline, arms, decisions, needed),
        baselines={s: score_level(tables[s][baseline]) for s in settings},
        floors={s: noise_floor(tables[s][baseline].to_numpy()) for s in settings},
        missing=tuple(_missing_runs(runs, settings, (baseline, *arms))),
        exact=decisions.exact,
        scores=tables,
        best_arms={s: find_best_arms(tables[s], study.alpha) for s in settings},
        roles={label: arm.role for label, arm in study.arms.items()},
        over_settings=tuple(compare_over_settings(blocks, rng)) if len(settings) > 1 else (),
        skewness=pooled_skewness(blocks, rng),
    )


def find_best_arms(scores: pd.DataFrame, alpha: float) -> frozenset[str]:
    """Return the arm with the best mean and all arms that the joint test does not separate from it.

    `scores`: (seeds, arms)."""
    means = scores.mean()
    if not means.notna().any():
        return frozenset()
    best = str(means.idxmax())
    others = tuple(str(a) for a in scores.columns if a != best)
    block = Block(paired_differences(scores, best, others), others)
    adjusted = step_down([block], np.random.default_rng(SEED)).adjusted[0]
    return frozenset({best, *(a for a, p in zip(others, adjusted, strict=True) if p > alpha + 1e-12)})


def score_level(scores: pd.Series[float]) -> Level:
    """Return number, mean and sd of the scores, NaN left out."""
    present = scores.dropna()
    return Level(len(present), float(present.mean()), float(present.std(ddof=1)))


def paired_differences(table: pd.DataFrame, reference: str, arms: Sequence[str]) -> FloatArray:
    """Return arm - reference of every seed, (seeds, arms), from a table of scores, seeds by arms."""
    scores = table[list(arms)].to_numpy(np.float64)
    differences: FloatArray = scores - table[[reference]].to_numpy(np.float64)
    return differences


def _score_table(runs: pd.DataFrame, setting: str, arms: Sequence[str]) -> pd.DataFrame:
    """Return scores, seeds by arms, in points; NaN where a run has no score."""
    here = runs[(runs["setting"] == setting) & runs["arm"].isin(arms)]
    table = here.pivot(index="seed", columns="arm", values="score").reindex(columns=pd.Index(arms).unique())
    return table.sort_index().astype(np.float64)


def _forecast_open_cells(
    blocks: list[Block], decisions: Decisions, study: Study
) -> dict[tuple[int, int], MoreSeeds]:
    """Return the further seeds that each INCONCLUSIVE (setting, arm) cell needs."""
    open_cells = [
        (t, a)
        for t, verdicts in enumerate(decisions.verdicts)
        for a, verdict in enumerate(verdicts)
        if verdict == "INCONCLUSIVE"
        and np.isfinite(blocks[t].differences[:, a]).sum() >= MIN_PAIRS_FOR_FORECAST
    ]
    return more_seeds(blocks, open_cells, margin=study.margin, alpha=study.alpha, seed=SEED)


def _build_cells(
    tables: Mapping[str, pd.DataFrame],
    baseline: str,
    arms: Sequence[str],
    decisions: Decisions,
    needed: Mapping[tuple[int, int], MoreSeeds],
) -> tuple[Cell, ...]:
    return tuple(
        _build_cell(table, baseline, arm, setting, decisions, (t, a), needed.get((t, a)))
        for a, arm in enumerate(arms)
        for t, (setting, table) in enumerate(tables.items())
    )


def _build_cell(
    table: pd.DataFrame,
    baseline: str,
    arm: str,
    setting: str,
    decisions: Decisions,
    index: tuple[int, int],
    needed: MoreSeeds | None,
) -> Cell:
    t, a = index
    differences = (table[arm] - table[baseline]).dropna()
    return Cell(
        arm=arm,
        setting=setting,
        verdict=decisions.verdicts[t][a],
        level=score_level(table[arm]),
        paired=paired_t_test(differences.to_numpy()),
        adjusted=float(decisions.adjusted[t][a]),
        equivalence=float(decisions.equivalence[t][a]),
        correlation=seed_correlation(table[arm].to_numpy(), table[baseline].to_numpy()),
        seeds=tuple(int(s) for s in differences.index),
        differences=tuple(float(d) for d in differences),
        needed=needed,
    )


def _missing_runs(runs: pd.DataFrame, settings: Sequence[str], arms: Sequence[str]) -> list[MissingRun]:
    """Return the planned runs without a score, and then the seeds that some arm was never planned with."""
    here = runs[runs["setting"].isin(settings) & runs["arm"].isin(arms)]
    unscored = here[here["score"].isna()].sort_values(["setting", "arm", "seed"])
    state = unscored["state"].where(unscored["state"] != "finished", "score undefined")
    columns = (unscored["arm"], unscored["setting"], unscored["seed"], state)
    missing = [MissingRun(str(a), str(s), int(n), str(why)) for a, s, n, why in zip(*columns, strict=True)]
    seeds = sorted(int(s) for s in here["seed"].unique())
    planned = set(zip(here["arm"], here["setting"], here["seed"], strict=True))
    unplanned = [
        MissingRun(arm, setting, seed, "not planned")
        for setting in settings
        for arm in arms
        for seed in seeds
        if (arm, setting, seed) not in planned
    ]
    return missing + unplanned

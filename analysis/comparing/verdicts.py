"""The verdict of every arm on every setting of a family, paired by seed against the family's baseline."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..frames import Study
from ..statistics import (
    Across,
    Block,
    MoreSeeds,
    NoiseFloor,
    Paired,
    Skewness,
    across,
    decide_family,
    more_seeds,
    noise_floor,
    paired,
    pooled_skewness,
    seed_correlation,
    smallest_p,
    step_down,
)
from ..statistics.paired import FloatArray
from ..statistics.verdict import Word

UNFINISHED = ("planned", "running", "interrupted")
SEED = 20260
FEWEST_FOR_FORECAST = 3  # the spread of two pairs forecasts nothing
CONTROLS = ("control", "positive_control", "aa")


class Level(NamedTuple):
    """An arm's own scores on a setting, in points."""

    n: int
    mean: float
    sd: float


class Missing(NamedTuple):
    """A run that a family needs and that has no score."""

    arm: str
    setting: str
    seed: int
    state: str


class Cell(NamedTuple):
    """One arm on one setting. `paired`: differences from the baseline, points; word None: no two pairs."""

    arm: str
    setting: str
    word: Word | None
    level: Level
    paired: Paired
    adjusted: float
    equivalence: float
    correlation: float
    seeds: tuple[int, ...]
    differences: tuple[float, ...]
    needed: MoreSeeds | None


class Family(NamedTuple):
    """One table: arms against a baseline on settings, corrected together."""

    name: str
    title: str
    role: str
    baseline: str
    arms: tuple[str, ...]
    settings: tuple[str, ...]
    margin: float
    alpha: float
    cells: tuple[Cell, ...]
    baselines: Mapping[str, Level]
    floors: Mapping[str, NoiseFloor]
    missing: tuple[Missing, ...]
    exact: bool
    scores: Mapping[str, pd.DataFrame]
    bests: Mapping[str, frozenset[str]]
    roles: Mapping[str, str]
    across: tuple[Across, ...]
    skewness: Skewness

    def cell(self, arm: str, setting: str) -> Cell:
        return next(c for c in self.cells if (c.arm, c.setting) == (arm, setting))

    def on(self, setting: str) -> list[Cell]:
        """The setting's cells in the arms' order."""
        return [c for c in self.cells if c.setting == setting]

    @property
    def pairs(self) -> int:
        """The most pairs that any cell has."""
        return max((len(cell.seeds) for cell in self.cells), default=0)

    @property
    def slug(self) -> str:
        """The name as files and anchors spell it."""
        return slug(self.name)

    @property
    def arms_then_controls(self) -> list[str]:
        """Arms in the study's order, those that test the explanation last."""
        return sorted(self.arms, key=lambda arm: self.roles.get(arm) in CONTROLS)

    @property
    def smallest(self) -> float:
        """The smallest p that any cell could have reached with the pairs it has."""
        return min((smallest_p(len(c.seeds)) for c in self.cells), default=1.0)


def slug(text: str) -> str:
    """Lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"


def compare_family(runs: pd.DataFrame, family: Mapping[str, Any], study: Study) -> Family:
    """`runs`: the study's current runs, no trials. The family as the store has it."""
    arms, settings, baseline = tuple(family["arms"]), tuple(family["settings"]), str(family["baseline"])
    tables = {s: _scores(runs, s, (baseline, *arms)) for s in settings}
    blocks = [Block(_differences(tables[s], baseline, arms), arms) for s in settings]
    rng = np.random.default_rng(SEED)
    decided = decide_family(blocks, rng, margin=study.margin, alpha=study.alpha)
    still_open = [
        (t, a)
        for t, words in enumerate(decided.words)
        for a, word in enumerate(words)
        if word == "INCONCLUSIVE" and np.isfinite(blocks[t].differences[:, a]).sum() >= FEWEST_FOR_FORECAST
    ]
    needed = more_seeds(blocks, still_open, margin=study.margin, alpha=study.alpha, seed=SEED)
    cells = [
        _cell(
            tables[setting],
            baseline,
            arm,
            setting,
            decided.words[t][a],
            float(decided.adjusted[t][a]),
            float(decided.equivalence[t][a]),
            needed.get((t, a)),
        )
        for a, arm in enumerate(arms)
        for t, setting in enumerate(settings)
    ]
    return Family(
        str(family["name"]),
        str(family.get("title", "")),
        str(family.get("role", "main")),
        baseline,
        arms,
        settings,
        study.margin,
        study.alpha,
        tuple(cells),
        {s: level(tables[s][baseline]) for s in settings},
        {s: noise_floor(tables[s][baseline].to_numpy()) for s in settings},
        tuple(_missing(runs, settings, (baseline, *arms))),
        decided.exact,
        tables,
        {s: best_arms(tables[s], study.alpha) for s in settings},
        {label: str(arm.get("role", "arm")) for label, arm in study.arms.items()},
        tuple(across(blocks, rng)) if len(settings) > 1 else (),
        pooled_skewness(blocks, rng),
    )


def best_arms(scores: pd.DataFrame, alpha: float) -> frozenset[str]:
    """The arm with the best mean and all that the joint test does not tell from it; (seeds, arms) scores."""
    means = scores.mean()
    if not means.notna().any():
        return frozenset()
    best = str(means.idxmax())
    others = tuple(str(a) for a in scores.columns if a != best)
    block = Block(_differences(scores, best, others), others)
    adjusted = step_down([block], np.random.default_rng(SEED)).adjusted[0]
    return frozenset({best, *(a for a, p in zip(others, adjusted, strict=True) if p > alpha + 1e-12)})


def level(scores: pd.Series[float]) -> Level:
    """Mean and sd of the scores that are there."""
    there = scores.dropna()
    return Level(len(there), float(there.mean()), float(there.std(ddof=1)))


def _scores(runs: pd.DataFrame, setting: str, arms: Sequence[str]) -> pd.DataFrame:
    """Seeds by arms, in points; NaN where a run has no score."""
    here = runs[(runs["setting"] == setting) & runs["arm"].isin(arms)]
    table = here.pivot(index="seed", columns="arm", values="score").reindex(columns=pd.Index(arms).unique())
    return table.sort_index().astype(np.float64)


def _differences(table: pd.DataFrame, baseline: str, arms: Sequence[str]) -> FloatArray:
    scores = table[list(arms)].to_numpy(np.float64)
    differences: FloatArray = scores - table[[baseline]].to_numpy(np.float64)
    return differences


def _cell(
    table: pd.DataFrame,
    baseline: str,
    arm: str,
    setting: str,
    word: Word | None,
    adjusted: float,
    equivalence: float,
    needed: MoreSeeds | None,
) -> Cell:
    differences = (table[arm] - table[baseline]).dropna()
    return Cell(
        arm,
        setting,
        word,
        level(table[arm]),
        paired(differences.to_numpy()),
        adjusted,
        equivalence,
        seed_correlation(table[arm].to_numpy(), table[baseline].to_numpy()),
        tuple(int(s) for s in differences.index),
        tuple(float(d) for d in differences),
        needed,
    )


def _missing(runs: pd.DataFrame, settings: Sequence[str], arms: Sequence[str]) -> list[Missing]:
    here = runs[runs["setting"].isin(settings) & runs["arm"].isin(arms)]
    lacking = here[here["score"].isna()].sort_values(["setting", "arm", "seed"])
    columns = (lacking["arm"], lacking["setting"], lacking["seed"], lacking["state"])
    found = [Missing(str(a), str(s), int(n), str(state)) for a, s, n, state in zip(*columns, strict=True)]
    seeds = sorted(int(s) for s in here["seed"].unique())
    there = set(zip(here["arm"], here["setting"], here["seed"], strict=True))
    unplanned = [
        Missing(arm, setting, seed, "not planned")
        for setting in settings
        for arm in arms
        for seed in seeds
        if (arm, setting, seed) not in there
    ]
    return found + unplanned

"""Data types of a compared family: its cells, the arms' own scores, and the runs that are missing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from ..statistics import MoreSeeds, NoiseFloor, OverSettings, PairedTest, Skewness, smallest_p
from ..statistics.verdict import Verdict

UNFINISHED = ("planned", "running", "interrupted")
CONTROLS = ("control", "positive_control", "aa")


class Level(NamedTuple):
    """An arm's own scores on a setting: their number, mean and sd over seeds, in points."""

    n: int
    mean: float
    sd: float


class MissingRun(NamedTuple):
    """A run that a family needs and that has no score."""

    arm: str
    setting: str
    seed: int
    state: str


class Cell(NamedTuple):
    """One arm on one setting.

    `paired`: test of the differences from the baseline, points; `verdict`: None with fewer than two pairs; `seeds` and
    `differences`: one entry per pair; `needed`: further seeds, for an INCONCLUSIVE cell only."""

    arm: str
    setting: str
    verdict: Verdict | None
    level: Level
    paired: PairedTest
    adjusted: float
    equivalence: float
    correlation: float
    seeds: tuple[int, ...]
    differences: tuple[float, ...]
    needed: MoreSeeds | None


class Family(NamedTuple):
    """One table of comparisons: arms against a baseline on settings, corrected together.

    `scores`: seeds by arms of each setting, in points; `best_arms`: per setting, the arms that tie with the best."""

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
    missing: tuple[MissingRun, ...]
    exact: bool
    scores: Mapping[str, pd.DataFrame]
    best_arms: Mapping[str, frozenset[str]]
    roles: Mapping[str, str]
    over_settings: tuple[OverSettings, ...]
    skewness: Skewness

    def cell(self, arm: str, setting: str) -> Cell:
        """Return one arm's cell on one setting."""
        return next(c for c in self.cells if (c.arm, c.setting) == (arm, setting))

    def is_control(self, arm: str) -> bool:
        """Tell whether an arm tests the explanation of a gain rather than being a candidate."""
        return self.roles.get(arm) in CONTROLS

    @property
    def label(self) -> str:
        """Return the title, or the name of a family without one."""
        return self.title or self.name

    @property
    def slug(self) -> str:
        """Return the name as file names and anchors spell it."""
        return slug(self.name)

    @property
    def pairs(self) -> int:
        """Return the largest number of pairs that any cell has."""
        return max((len(cell.seeds) for cell in self.cells), default=0)

    @property
    def pair_counts(self) -> str:
        """Return the numbers of pairs per cell as text: `6` or `4 to 6`."""
        counts = sorted({len(cell.seeds) for cell in self.cells})
        return f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"

    @property
    def arms_then_controls(self) -> list[str]:
        """Return the arms in the study's order, controls last."""
        return sorted(self.arms, key=self.is_control)

    @property
    def arms_without_positive_controls(self) -> list[str]:
        """Return the arms that differ little enough from the baseline to share one scale with it."""
        return [arm for arm in self.arms if self.roles.get(arm) != "positive_control"]

    @property
    def smallest_p(self) -> float:
        """Return the smallest p that any cell could have reached with the pairs it has."""
        return min((smallest_p(len(c.seeds)) for c in self.cells), default=1.0)


def slug(text: str) -> str:
    """Spell a text in lower-case letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-") or "unnamed"


def main_family(families: Sequence[Family]) -> Family:
    """Return the family of the headline table: the first with the role `main`, or else the first."""
    return next((family for family in families if family.role == "main"), families[0])

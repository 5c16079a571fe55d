"""Calibrate the pipeline on a study's own runs: count its false alarms where every arm is equal by construction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from .comparing import Family
from .statistics import Block, decide_family
from .statistics.paired import FloatArray
from .statistics.verdict import Verdict

SHUFFLED_EXACT = 2**12  # sign vectors enumerated per setting of a shuffled study
SHUFFLED_DRAWS = 4_095


class Calibration(NamedTuple):
    """False alarms in studies with shuffled arm labels.

    `false_alarms`: of the `shuffles` studies, those that called an arm BETTER or WORSE; `low`, `high`: the exact 95 %
    interval of that rate; `verdicts`: the share of cells that got each verdict."""

    family: str
    shuffles: int
    false_alarms: int
    low: float
    high: float
    alpha: float
    verdicts: Mapping[str, float]

    @property
    def rate(self) -> float:
        """Return the share of shuffled studies with a false alarm."""
        return self.false_alarms / self.shuffles


class SelfComparison(NamedTuple):
    """False alarms in comparisons of the baseline with itself, from real runs.

    `false_alarms`: of the `repetitions` random splits of the runs into two arms, those that gave a BETTER or WORSE on
    some setting; `runs`: how many runs were split on each setting; `verdicts`: the share of cells of each verdict."""

    family: str
    repetitions: int
    false_alarms: int
    runs: Mapping[str, int]
    verdicts: Mapping[str, float]


class _Tally:
    """Counts the studies with a false alarm, and the cells of each verdict."""

    def __init__(self) -> None:
        self.false_alarms = 0
        self._cells = Counter[str]()

    def add(self, verdicts: Sequence[Sequence[Verdict | None]]) -> None:
        """Count one study's verdicts, (settings, arms)."""
        cells = [verdict or "NO VERDICT" for row in verdicts for verdict in row]
        self._cells.update(cells)
        self.false_alarms += any(cell in ("BETTER", "WORSE") for cell in cells)

    def shares(self) -> dict[str, float]:
        """Return the share of cells of each verdict, by name."""
        total = sum(self._cells.values())
        return {verdict: count / total for verdict, count in sorted(self._cells.items())}


def calibrate(family: Family, rng: np.random.Generator, *, shuffles: int = 1_000) -> Calibration:
    """Shuffle the scores of baseline and arms within each (setting, seed) block, and count the false alarms.

    After shuffling no arm differs from another, so every BETTER or WORSE is false. Blocks that lack a run are left
    out."""
    tables = [_complete_blocks(family.scores[s][[family.baseline, *family.arms]]) for s in family.settings]
    tally = _Tally()
    for _ in range(shuffles):
        blocks = [Block(_shuffled_differences(table, rng), family.arms) for table in tables]
        decisions = decide_family(
            blocks, rng, margin=family.margin, alpha=family.alpha, exact=SHUFFLED_EXACT, draws=SHUFFLED_DRAWS
        )
        tally.add(decisions.verdicts)
    interval = stats.binomtest(tally.false_alarms, shuffles).proportion_ci(method="exact")
    return Calibration(
        family=family.name,
        shuffles=shuffles,
        false_alarms=tally.false_alarms,
        low=float(interval.low),
        high=float(interval.high),
        alpha=family.alpha,
        verdicts=tally.shares(),
    )


def compare_with_itself(
    family: Family, rng: np.random.Generator, *, repetitions: int = 20
) -> SelfComparison | None:
    """Split the runs of the baseline and its A/A arms at random into two arms, and count the false alarms.

    They are the same training with other seeds, so the two halves must get no verdict. Returns None for a family
    without an A/A arm, or with fewer than four runs on some setting."""
    arms = [family.baseline, *(a for a in family.arms if family.roles.get(a) == "aa")]
    pools = {s: family.scores[s][arms].to_numpy(np.float64).ravel() for s in family.settings}
    pools = {s: scores[np.isfinite(scores)] for s, scores in pools.items()}
    if len(arms) < 2 or min(len(scores) for scores in pools.values()) < 4:
        return None
    tally = _Tally()
    for _ in range(repetitions):
        blocks = [_split_in_half(scores, rng) for scores in pools.values()]
        tally.add(decide_family(blocks, rng, margin=family.margin, alpha=family.alpha).verdicts)
    runs = {setting: len(scores) for setting, scores in pools.items()}
    return SelfComparison(family.name, repetitions, tally.false_alarms, runs, tally.shares())


def format_calibration(result: Calibration) -> list[str]:
    """Return the lines that `calibrate` prints for shuffled labels."""
    verdict = "holds" if result.low <= result.alpha else "does NOT hold"
    return [
        f"{result.family}: {result.false_alarms} of {result.shuffles} shuffled studies called some arm BETTER or "
        f"WORSE: {100 * result.rate:.1f} % (95 % interval {100 * result.low:.1f} to {100 * result.high:.1f} %); "
        f"the promised {100 * result.alpha:g} % {verdict}",
        f"  cells by verdict: {_format_shares(result.verdicts)}",
    ]


def format_self_comparison(result: SelfComparison) -> str:
    """Return the line that `calibrate` prints for the baseline against itself."""
    runs = ", ".join(f"{count} runs on {setting}" for setting, count in result.runs.items())
    return (
        f"{result.family}, the baseline against itself ({runs}): {result.false_alarms} of {result.repetitions} random "
        f"splits into two arms called one BETTER or WORSE; cells: {_format_shares(result.verdicts)}"
    )


def _format_shares(verdicts: Mapping[str, float]) -> str:
    return ", ".join(f"{verdict} {100 * share:.1f} %" for verdict, share in verdicts.items())


def _complete_blocks(table: pd.DataFrame) -> FloatArray:
    """Return the scores of the seeds that every arm has, (seeds, arms)."""
    scores: FloatArray = table.dropna().to_numpy(np.float64)
    return scores


def _shuffled_differences(scores: FloatArray, rng: np.random.Generator) -> FloatArray:
    shuffled: FloatArray = rng.permuted(scores, axis=1)
    return shuffled[:, 1:] - shuffled[:, :1]


def _split_in_half(scores: FloatArray, rng: np.random.Generator) -> Block:
    pairs = len(scores) // 2
    shuffled: FloatArray = rng.permutation(scores)
    return Block((shuffled[:pairs] - shuffled[pairs : 2 * pairs])[:, None], ("second half",))

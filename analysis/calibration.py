"""Does this very pipeline raise false alarms on this very study? Shuffle the arms' labels and see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats

from .comparing.verdicts import Family
from .statistics import Block, decide_family
from .statistics.paired import FloatArray


class Calibration(NamedTuple):
    """Of `shuffles` studies without any effect: in how many some arm was called BETTER or WORSE, with the exact
    95 % interval of that rate; and how often each word was given to a cell."""

    family: str
    shuffles: int
    false_alarms: int
    low: float
    high: float
    alpha: float
    words: Mapping[str, float]

    @property
    def rate(self) -> float:
        return self.false_alarms / self.shuffles


def calibrate(family: Family, rng: np.random.Generator, *, shuffles: int = 1_000) -> Calibration:
    """Within each (setting, seed) block the scores are dealt anew to the baseline and the arms, which makes every
    label mean nothing: all that is still found is false. Blocks that lack a run are left out."""
    tables = [_whole(family.scores[s][[family.baseline, *family.arms]]) for s in family.settings]
    alarms, words = 0, Counter[str]()
    for _ in range(shuffles):
        blocks = [Block(_dealt(table, rng), family.arms) for table in tables]
        decided = decide_family(
            blocks, rng, margin=family.margin, alpha=family.alpha, exact=2**12, draws=4_095
        ).words
        given = [word or "NO VERDICT" for row in decided for word in row]
        words.update(given)
        alarms += any(word in ("BETTER", "WORSE") for word in given)
    interval = stats.binomtest(alarms, shuffles).proportion_ci(method="exact")
    total = sum(words.values())
    shares = {word: count / total for word, count in sorted(words.items())}
    return Calibration(
        family.name, shuffles, alarms, float(interval.low), float(interval.high), family.alpha, shares
    )


class Again(NamedTuple):
    """The baseline against itself, from real runs: of `repetitions` deals of the same training's runs into two arms,
    how many called one BETTER or WORSE somewhere; `runs` that were dealt on each setting."""

    family: str
    repetitions: int
    false_alarms: int
    runs: Mapping[str, int]
    words: Mapping[str, float]


def again(family: Family, rng: np.random.Generator, *, repetitions: int = 20) -> Again | None:
    """Runs of the baseline and of its A/A arms are the same training with other seeds: pooled and dealt at random
    into two arms, they must get no verdict. None where the family has no A/A arm with two runs."""
    same = [family.baseline, *(a for a in family.arms if family.roles.get(a) == "aa")]
    pools = {s: family.scores[s][same].to_numpy(np.float64).ravel() for s in family.settings}
    pools = {s: scores[np.isfinite(scores)] for s, scores in pools.items()}
    if len(same) < 2 or min(len(scores) for scores in pools.values()) < 4:
        return None
    alarms, words = 0, Counter[str]()
    for _ in range(repetitions):
        blocks = [_halves(scores, rng) for scores in pools.values()]
        decided = decide_family(blocks, rng, margin=family.margin, alpha=family.alpha).words
        given = [word or "NO VERDICT" for row in decided for word in row]
        words.update(given)
        alarms += any(word in ("BETTER", "WORSE") for word in given)
    shares = {word: count / sum(words.values()) for word, count in sorted(words.items())}
    return Again(family.name, repetitions, alarms, {s: len(scores) for s, scores in pools.items()}, shares)


def _halves(scores: FloatArray, rng: np.random.Generator) -> Block:
    pairs = len(scores) // 2
    dealt: FloatArray = rng.permutation(scores)
    return Block((dealt[:pairs] - dealt[pairs : 2 * pairs])[:, None], ("again",))


def again_line(found: Again) -> str:
    """What is printed."""
    shares = ", ".join(f"{word} {100 * share:.1f} %" for word, share in found.words.items())
    runs = ", ".join(f"{count} runs on {setting}" for setting, count in found.runs.items())
    return (
        f"{found.family}, the baseline against itself ({runs}): {found.false_alarms} of {found.repetitions} deals into "
        f"two arms called one BETTER or WORSE; cells: {shares}"
    )


def lines(found: Calibration) -> list[str]:
    """What is printed."""
    verdict = "holds" if found.low <= found.alpha else "does NOT hold"
    shares = ", ".join(f"{word} {100 * share:.1f} %" for word, share in found.words.items())
    return [
        f"{found.family}: {found.false_alarms} of {found.shuffles} shuffled studies called some arm BETTER or WORSE: "
        f"{100 * found.rate:.1f} % (95 % interval {100 * found.low:.1f} to {100 * found.high:.1f} %); "
        f"the promised {100 * found.alpha:g} % {verdict}",
        f"  cells by verdict: {shares}",
    ]


def _whole(table: pd.DataFrame) -> FloatArray:
    whole: FloatArray = table.dropna().to_numpy(np.float64)
    return whole


def _dealt(scores: FloatArray, rng: np.random.Generator) -> FloatArray:
    dealt: FloatArray = rng.permuted(scores, axis=1)
    return dealt[:, 1:] - dealt[:, :1]

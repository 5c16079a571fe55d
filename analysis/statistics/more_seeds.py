"""How many further seeds an inconclusive comparison needs, simulated with the test that decides the verdicts."""

from __future__ import annotations

from math import nan, sqrt
from typing import NamedTuple

import numpy as np
from scipy import stats

from .paired import FloatArray, drop_missing
from .power import SIMULATED_DRAWS, SIMULATED_EXACT
from .signflip import Block
from .verdict import decide_family

SEED_STEPS = (1, 2, 3, 4, 6, 8, 11, 15, 20)  # numbers of further seeds that are tried


class MoreSeeds(NamedTuple):
    """Further seeds needed for a verdict in 80 of 100 simulated futures. `likely`: with the observed spread; `safe`:
    with the 80 % upper limit of the spread; None: more than the `tried` seeds."""

    likely: int | None
    safe: int | None
    tried: int


def sd_upper_limit(differences: FloatArray, *, confidence: float = 0.8) -> float:
    """Return the upper confidence limit of the sd of (n,) differences, for a cautious plan; NaN below two."""
    d = drop_missing(differences)
    if len(d) < 2:
        return nan
    return float(d.std(ddof=1) * sqrt((len(d) - 1) / stats.chi2.ppf(1 - confidence, len(d) - 1)))


def more_seeds(
    blocks: list[Block],
    open_cells: list[tuple[int, int]],
    *,
    margin: float,
    alpha: float = 0.05,
    chance: float = 0.8,
    repetitions: int = 100,
    seed: int = 0,
) -> dict[tuple[int, int], MoreSeeds]:
    """Return, for each open (setting, arm) cell, how many seeds to add to the recorded ones.

    Each simulated future keeps the observed blocks and adds blocks drawn jointly over the arms, with their mean and
    covariance; it is decided by the same joint test and TOST."""
    futures = _Futures(blocks, margin, alpha, repetitions, seed)
    likely = futures.smallest_sufficient(open_cells, chance, confidence=0.5)
    safe = futures.smallest_sufficient(open_cells, chance, confidence=0.8)
    return {cell: MoreSeeds(likely.get(cell), safe.get(cell), SEED_STEPS[-1]) for cell in open_cells}


class _Futures(NamedTuple):
    """Simulated continuations of a family by further seeds."""

    blocks: list[Block]
    margin: float
    alpha: float
    repetitions: int
    seed: int

    def smallest_sufficient(
        self, cells: list[tuple[int, int]], chance: float, *, confidence: float
    ) -> dict[tuple[int, int], int]:
        """Return the first of SEED_STEPS that decides each cell with probability `chance`; undecided cells lack."""
        sufficient: dict[tuple[int, int], int] = {}
        for extra in SEED_STEPS:
            open_cells = [cell for cell in cells if cell not in sufficient]
            if not open_cells:
                break
            decided = self._count_decided(open_cells, extra, confidence)
            sufficient |= {c: extra for c, count in decided.items() if count >= chance * self.repetitions}
        return sufficient

    def _count_decided(
        self, cells: list[tuple[int, int]], extra: int, confidence: float
    ) -> dict[tuple[int, int], int]:
        """Return in how many futures with `extra` seeds each cell gets a verdict."""
        rng = np.random.default_rng([self.seed, extra])
        decided = dict.fromkeys(cells, 0)
        for _ in range(self.repetitions):
            future = [_simulate_future(block, rng, extra, confidence) for block in self.blocks]
            verdicts = decide_family(
                future,
                rng,
                margin=self.margin,
                alpha=self.alpha,
                exact=SIMULATED_EXACT,
                draws=SIMULATED_DRAWS,
            ).verdicts
            for t, a in cells:
                decided[t, a] += verdicts[t][a] not in (None, "INCONCLUSIVE")
        return decided


def _simulate_future(block: Block, rng: np.random.Generator, extra: int, confidence: float) -> Block:
    """Append `extra` blocks drawn with the observed mean and covariance, the sd scaled to its upper limit."""
    d = block.differences
    present = np.isfinite(d)
    counts = np.maximum(present.sum(0), 1)
    mean = np.where(present, d, 0.0).sum(0) / counts
    centered = np.where(present, d - mean, 0.0) / np.sqrt(np.maximum(counts - 1, 1))
    n = len(d)
    scale = sqrt((n - 1) / stats.chi2.ppf(1 - confidence, n - 1)) if n > 1 and confidence != 0.5 else 1.0
    simulated = mean + scale * (rng.standard_normal((extra, n)) @ centered)
    simulated[:, present.sum(0) < 2] = np.nan
    return Block(np.vstack([d, simulated]), block.arms)

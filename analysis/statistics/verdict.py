"""Decide the four verdicts: EQUIVALENT, BETTER, WORSE or INCONCLUSIVE, in this order and nowhere else."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from .equivalence import tost_columns
from .paired import FloatArray
from .signflip import Block, step_down

Verdict = Literal["BETTER", "WORSE", "EQUIVALENT", "INCONCLUSIVE"]
TOLERANCE = 1e-12
MIN_PAIRS_FOR_EQUIVALENCE = 3  # two scores of a small test set are often equal by chance: no spread, no test


class Decisions(NamedTuple):
    """Verdicts and p values of one family, each (settings, arms); None and NaN for cells with fewer than two pairs."""

    verdicts: tuple[tuple[Verdict | None, ...], ...]
    adjusted: tuple[FloatArray, ...]
    equivalence: tuple[FloatArray, ...]
    exact: bool


def decide(mean: float, adjusted: float, equivalence: float, *, alpha: float) -> Verdict:
    """Decide one cell; a difference that is significant but shown to lie within the margin is EQUIVALENT."""
    if equivalence <= alpha + TOLERANCE:
        return "EQUIVALENT"
    if adjusted <= alpha + TOLERANCE:
        return "BETTER" if mean > 0 else "WORSE"
    return "INCONCLUSIVE"


def decide_family(
    blocks: list[Block],
    rng: np.random.Generator,
    *,
    margin: float,
    alpha: float = 0.05,
    exact: int = 2**20,
    draws: int = 99_999,
) -> Decisions:
    """Decide every cell of a family by the joint sign-flip test and by TOST against `margin` points."""
    joint = step_down(blocks, rng, exact=exact, draws=draws)
    counts = [np.isfinite(block.differences).sum(0) for block in blocks]
    equivalence = tuple(
        np.where(n < MIN_PAIRS_FOR_EQUIVALENCE, np.nan, tost_columns(block.differences, margin=margin))
        for n, block in zip(counts, blocks, strict=True)
    )
    verdicts = tuple(
        tuple(_decide_cell(*cell, alpha=alpha) for cell in zip(*rows, strict=True))
        for rows in zip(counts, joint.means, joint.adjusted, equivalence, strict=True)
    )
    return Decisions(verdicts, joint.adjusted, equivalence, joint.exact)


def _decide_cell(
    pairs: int, mean: float, adjusted: float, equivalence: float, *, alpha: float
) -> Verdict | None:
    return None if pairs < 2 else decide(mean, adjusted, equivalence, alpha=alpha)

"""The four verdicts, decided in this order and nowhere else."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from .equivalence import tost_columns
from .paired import FloatArray
from .signflip import Block, step_down

Word = Literal["BETTER", "WORSE", "EQUIVALENT", "INCONCLUSIVE"]
TOLERANCE = 1e-12
FEWEST_FOR_EQUIVALENCE = 3  # two scores of a small test set are often equal by chance: no spread, no test


class Decisions(NamedTuple):
    """Words and p's of one family, each (settings, arms); None and NaN where a cell has no two pairs."""

    words: tuple[tuple[Word | None, ...], ...]
    adjusted: tuple[FloatArray, ...]
    equivalence: tuple[FloatArray, ...]
    exact: bool


def decide(mean: float, adjusted: float, equivalence: float, *, alpha: float) -> Word:
    """One cell. A difference that is real but shown to lie within the margin is EQUIVALENT, not a gain."""
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
    """Every cell of a family by the joint test and TOST against `margin` points."""
    joint = step_down(blocks, rng, exact=exact, draws=draws)
    counts = [np.isfinite(block.differences).sum(0) for block in blocks]
    equivalence = tuple(
        np.where(n < FEWEST_FOR_EQUIVALENCE, np.nan, tost_columns(block.differences, margin=margin))
        for n, block in zip(counts, blocks, strict=True)
    )
    words = tuple(
        tuple(_word(*cell, alpha=alpha) for cell in zip(*rows, strict=True))
        for rows in zip(counts, joint.means, joint.adjusted, equivalence, strict=True)
    )
    return Decisions(words, joint.adjusted, equivalence, joint.exact)


def _word(pairs: int, mean: float, adjusted: float, equivalence: float, *, alpha: float) -> Word | None:
    return None if pairs < 2 else decide(mean, adjusted, equivalence, alpha=alpha)

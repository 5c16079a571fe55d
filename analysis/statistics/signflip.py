"""The main test: step-down maxT over mean paired differences, by joint sign flips (Westfall and Young 1993).

Under the null each block's differences are symmetric about zero, jointly over the arms, which share the baseline's
run; so one sign flips a whole (setting, seed) block. The smallest attainable p is 2^(1 - S) for any number of arms,
where Holm's grows with that number."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .paired import FloatArray, drop_missing

EXACT = 2**20
DRAWS = 99_999


class Block(NamedTuple):
    """One setting of a family: paired differences (seeds, arms) in points, NaN where a run is missing."""

    differences: FloatArray
    arms: tuple[str, ...]


class StepDown(NamedTuple):
    """Mean difference and adjusted p of every cell, (settings, arms); NaN where a cell has no pair."""

    means: tuple[FloatArray, ...]
    adjusted: tuple[FloatArray, ...]
    exact: bool


def step_down(
    blocks: list[Block], rng: np.random.Generator, *, exact: int = EXACT, draws: int = DRAWS
) -> StepDown:
    """Return the adjusted two-sided p of every (setting, arm) cell, family-wise over all of them.

    Settings flip independently, so their enumerations are never crossed: P(the largest over all settings >= x) is
    1 - prod(1 - P(the largest in a setting >= x)), exact up to `exact` sign vectors *per setting*. Beyond that,
    `draws` joint draws from `rng` give (b + 1) / (draws + 1)."""
    means = [cell_means(block.differences) for block in blocks]
    enumerable = all(2 ** len(block.differences) <= exact for block in blocks)
    flipped = [
        _flip_means(
            block.differences,
            _all_signs(len(block.differences)) if enumerable else _draw_signs(block, rng, draws),
        )
        for block in blocks
    ]
    adjusted = _step_down_p(means, flipped, joint=not enumerable)
    return StepDown(tuple(means), tuple(adjusted), enumerable)


def sign_flip_p(differences: FloatArray, rng: np.random.Generator | None = None) -> float:
    """Return the uncorrected two-sided sign-flip p of (n,) differences; `rng` is used beyond 20 pairs."""
    d = drop_missing(differences)
    generator = rng if rng is not None else np.random.default_rng(0)
    return float(step_down([Block(d[:, None], ("",))], generator).adjusted[0][0])


def smallest_p(seeds: int) -> float:
    """Return the smallest attainable p of S pairs: 2^(1 - S), for any number of arms."""
    return 2.0 ** (1 - seeds) if seeds else 1.0


def cell_means(differences: FloatArray) -> FloatArray:
    """Return each arm's mean over the seeds of (seeds, arms): (arms,), NaN where a cell has no pair."""
    present = np.isfinite(differences)
    sums, counts = np.where(present, differences, 0.0).sum(0), present.sum(0)
    means: FloatArray = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return means


def _all_signs(seeds: int) -> FloatArray:
    """Return half of all sign vectors, (2^(S-1), S): the other half is its mirror image with the same |mean|."""
    numbers = np.arange(2 ** max(seeds - 1, 0))[:, None]
    flips = (numbers >> np.arange(seeds)[None, :]) & 1
    return 1.0 - 2.0 * flips.astype(np.float64)


def _draw_signs(block: Block, rng: np.random.Generator, draws: int) -> FloatArray:
    count = draws * len(block.differences)
    packed = np.frombuffer(rng.bytes(-(-count // 8)), np.uint8)
    signs = np.unpackbits(packed, count=count).astype(np.float64)  # a bit for each sign
    signs *= -2.0
    signs += 1.0
    return signs.reshape(draws, len(block.differences))


def _flip_means(differences: FloatArray, signs: FloatArray) -> FloatArray:
    """Return |mean| of every arm under every sign vector: (arms, vectors), -1 where a cell has no pair."""
    present = np.isfinite(differences)
    counts = present.sum(0)
    sums: FloatArray = np.abs(np.where(present, differences, 0.0).T @ signs.T)
    result: FloatArray = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], -1.0)
    return result


def _step_down_p(means: list[FloatArray], flipped: list[FloatArray], *, joint: bool) -> list[FloatArray]:
    """Compare each cell, from the smallest |mean| up, with the largest of the flipped cells not above it."""
    cells = [(t, a) for t, row in enumerate(means) for a in range(len(row)) if np.isfinite(row[a])]
    cells.sort(key=lambda cell: abs(means[cell[0]][cell[1]]))
    adjusted = [np.full(len(row), np.nan) for row in means]
    separate = [np.full(f.shape[1], -1.0) for f in flipped]
    largest = (
        separate[:1] * len(separate) if joint else separate
    )  # joint draws share one maximum over settings
    steps = []
    for t, a in cells:
        np.maximum(largest[t], flipped[t][a], out=largest[t])
        observed = abs(means[t][a])
        threshold = observed - 1e-9 * max(1.0, observed)
        steps.append(_drawn_p(largest[0], threshold) if joint else _exact_p(largest, threshold))
    for (t, a), p in zip(reversed(cells), np.maximum.accumulate(steps[::-1]), strict=True):
        adjusted[t][a] = p
    return adjusted


def _exact_p(largest: list[FloatArray], threshold: float) -> float:
    return float(1 - np.prod([1 - (row >= threshold).mean() for row in largest]))


def _drawn_p(largest: FloatArray, threshold: float) -> float:
    return (int((largest >= threshold).sum()) + 1) / (len(largest) + 1)

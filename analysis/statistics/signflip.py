"""The main test: step-down maxT over mean paired differences, by joint sign flips (Westfall and Young 1993).

Under the null each block's differences are symmetric about zero, jointly over the arms, which share the
baseline's run: so one sign flips a whole (setting, seed) block. The smallest p stays 2^(1 - S) however many
arms there are, where Holm's grows with them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from .paired import FloatArray, finite

EXACT = 2**20
DRAWS = 99_999


class Block(NamedTuple):
    """One setting of a family: paired differences (seeds, arms) in points, NaN where a run is missing."""

    differences: FloatArray
    arms: tuple[str, ...]


class StepDown(NamedTuple):
    """Mean difference and adjusted p of every cell: (settings, arms), NaN where a cell has no pair."""

    means: tuple[FloatArray, ...]
    adjusted: tuple[FloatArray, ...]
    exact: bool


def step_down(
    blocks: list[Block], rng: np.random.Generator, *, exact: int = EXACT, draws: int = DRAWS
) -> StepDown:
    """Adjusted two-sided p of every (setting, arm) cell, family-wise over all of them.

    Settings flip independently, so their enumerations are never crossed: the chance that the largest of
    all reaches x is 1 - prod(1 - chance in each setting), exact up to `exact` sign vectors *a setting*.
    Beyond, `draws` joint draws from `rng` and (b + 1) / (draws + 1)."""
    means = [_means(block.differences) for block in blocks]
    enumerable = all(2 ** len(block.differences) <= exact for block in blocks)
    flipped = [
        _flipped(
            block.differences, _signs(len(block.differences)) if enumerable else _drawn(block, rng, draws)
        )
        for block in blocks
    ]
    adjusted = _stepped(means, flipped, joint=not enumerable)
    return StepDown(tuple(means), tuple(adjusted), enumerable)


def flip_p(differences: FloatArray, rng: np.random.Generator | None = None) -> float:
    """Two-sided sign-flip p of one arm on one setting, no correction; (n,). Needs `rng` beyond 20 pairs."""
    d = finite(differences)
    generator = rng if rng is not None else np.random.default_rng(0)
    return float(step_down([Block(d[:, None], ("",))], generator).adjusted[0][0])


def smallest_p(seeds: int) -> float:
    """The smallest p that so many pairs can reach: 2^(1 - S), for any number of arms."""
    return 2.0 ** (1 - seeds) if seeds else 1.0


def _means(differences: FloatArray) -> FloatArray:
    there = np.isfinite(differences)
    sums, counts = np.where(there, differences, 0.0).sum(0), there.sum(0)
    means: FloatArray = np.where(counts > 0, sums / np.maximum(counts, 1), np.nan)
    return means


def _signs(seeds: int) -> FloatArray:
    """Half of all sign vectors (2^(S-1), S): the other half mirrors it and leaves |mean| alone."""
    numbers = np.arange(2 ** max(seeds - 1, 0))[:, None]
    flips = (numbers >> np.arange(seeds)[None, :]) & 1
    return 1.0 - 2.0 * flips.astype(np.float64)


def _drawn(block: Block, rng: np.random.Generator, draws: int) -> FloatArray:
    count = draws * len(block.differences)
    drawn = np.frombuffer(rng.bytes(-(-count // 8)), np.uint8)
    signs = np.unpackbits(drawn, count=count).astype(np.float64)  # a bit for each sign
    signs *= -2.0
    signs += 1.0
    return signs.reshape(draws, len(block.differences))


def _flipped(differences: FloatArray, signs: FloatArray) -> FloatArray:
    """|mean| of every arm under every sign vector: (arms, vectors), -1 where a cell has no pair."""
    there = np.isfinite(differences)
    counts = there.sum(0)
    sums: FloatArray = np.abs(np.where(there, differences, 0.0).T @ signs.T)
    result: FloatArray = np.where(counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], -1.0)
    return result


def _stepped(means: list[FloatArray], flipped: list[FloatArray], *, joint: bool) -> list[FloatArray]:
    """From the smallest |mean| up: each is compared with the largest of those not larger than itself."""
    cells = [(t, a) for t, row in enumerate(means) for a in range(len(row)) if np.isfinite(row[a])]
    cells.sort(key=lambda cell: abs(means[cell[0]][cell[1]]))
    adjusted = [np.full(len(row), np.nan) for row in means]
    apart = [np.full(f.shape[1], -1.0) for f in flipped]
    largest = apart[:1] * len(apart) if joint else apart  # joint draws have one largest over all settings
    steps = []
    for t, a in cells:
        np.maximum(largest[t], flipped[t][a], out=largest[t])
        observed = abs(means[t][a])
        reached = observed - 1e-9 * max(1.0, observed)
        steps.append(_joint_chance(largest[0], reached) if joint else _chance(largest, reached))
    for (t, a), p in zip(reversed(cells), np.maximum.accumulate(steps[::-1]), strict=True):
        adjusted[t][a] = p
    return adjusted


def _chance(largest: list[FloatArray], reached: float) -> float:
    return float(1 - np.prod([1 - (row >= reached).mean() for row in largest]))


def _joint_chance(largest: FloatArray, reached: float) -> float:
    return (int((largest >= reached).sum()) + 1) / (len(largest) + 1)

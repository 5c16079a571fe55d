"""The measurements of docs/statistics.md: `python -m tests.test_analysis.test_statistics.simulations` prints them."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from scipy import stats

from analysis.statistics import Block, equivalence_power, power, sign_flip_p, step_down
from analysis.statistics.equivalence import tost_columns
from analysis.statistics.paired import FloatArray
from analysis.statistics.power import null_differences

Draw = Callable[[np.random.Generator, tuple[int, ...]], FloatArray]
SHAPES: Mapping[str, Draw] = {
    "normal": lambda rng, size: rng.standard_normal(size),
    "heavy tails (t, 3 df)": lambda rng, size: rng.standard_t(3, size),
    "skewed (exponential)": lambda rng, size: rng.exponential(1.0, size) - 1.0,
    "very skewed (log-normal)": lambda rng, size: rng.lognormal(0.0, 1.0, size) - np.exp(0.5),
    "difference of two skewed": lambda rng, size: rng.exponential(1.0, size) - rng.exponential(1.0, size),
}
SEEDS = (3, 5, 6, 10)


def coverage(draw: Draw, seeds: int, *, repetitions: int = 20_000, seed: int = 0) -> float:
    """Share of 95 % t intervals of `seeds` differences that hold the true mean, 0."""
    d = draw(np.random.default_rng([seed, seeds]), (repetitions, seeds))
    half = stats.t.ppf(0.975, seeds - 1) * d.std(1, ddof=1) / np.sqrt(seeds)
    return float(np.mean(np.abs(d.mean(1)) <= half))


def percentile_coverage(seeds: int, *, repetitions: int = 2_000, seed: int = 0) -> float:
    """The same of percentile bootstrap intervals, normal differences."""
    rng = np.random.default_rng([seed, seeds])
    d = rng.standard_normal((repetitions, seeds))
    picks = rng.integers(0, seeds, (repetitions, 999, seeds))
    means = np.take_along_axis(d[:, None, :], picks, axis=2).mean(2)
    low, high = np.quantile(means, [0.025, 0.975], axis=1)
    return float(np.mean((low <= 0) & (high >= 0)))


def family_error(
    arms: int, settings: int, *, seeds: int = 6, repetitions: int = 2_000, seed: int = 0
) -> float:
    """Share of studies without any effect in which some cell's adjusted p is at most 0.05."""
    rng = np.random.default_rng([seed, arms, settings, seeds])
    hits = 0
    for _ in range(repetitions):
        blocks = [Block(null_differences(rng, seeds, arms) * (1 + t), ("",) * arms) for t in range(settings)]
        hits += min(float(p.min()) for p in step_down(blocks, rng, exact=2**12, draws=4_095).adjusted) <= 0.05
    return hits / repetitions


def wrong_equivalence(seeds: int, *, margin: float, repetitions: int = 100_000, seed: int = 0) -> float:
    """Share of EQUIVALENT where the true difference is the margin itself (in sd's)."""
    drawn = margin + np.random.default_rng([seed, seeds]).standard_normal((seeds, repetitions))
    return float(np.mean(tost_columns(drawn, margin=margin) <= 0.05))


def flip_error(draw: Draw, seeds: int, *, repetitions: int = 5_000, seed: int = 0) -> float:
    """Share of sign-flip p's of one arm at most 0.05 where there is no effect."""
    rng = np.random.default_rng([seed, seeds])
    return sum(sign_flip_p(draw(rng, (seeds,))) <= 0.05 for _ in range(repetitions)) / repetitions


def power_table() -> list[str]:
    """Lines of Markdown: seeds by effect, for three sizes of table."""
    lines = ["| seeds | arms x settings | 1.0 sd | 1.5 sd | 2.0 sd | 3.0 sd |", "|---|---|---|---|---|---|"]
    for seeds in (6, 8, 10):
        for arms, settings in ((1, 1), (6, 2), (20, 4)):
            rates = [
                power(e, np.random.default_rng(0), seeds=seeds, arms=arms, settings=settings, repetitions=400)
                for e in (1.0, 1.5, 2.0, 3.0)
            ]
            lines.append(f"| {seeds} | {arms} x {settings} | " + " | ".join(f"{r:.2f}" for r in rates) + " |")
    return lines


def main() -> None:
    print("| differences |", " | ".join(f"{s} seeds" for s in SEEDS), "|")
    for name, draw in SHAPES.items():
        print(f"| {name} |", " | ".join(f"{coverage(draw, s):.3f}" for s in SEEDS), "|")
    print("| percentile bootstrap, normal |", " | ".join(f"{percentile_coverage(s):.3f}" for s in SEEDS), "|")
    for name, draw in SHAPES.items():
        print(f"| {name} |", " | ".join(f"{flip_error(draw, s):.3f}" for s in (6, 8, 10)), "|")
    for arms in (1, 5, 20):
        print(f"| {arms} |", " | ".join(f"{family_error(arms, t):.3f}" for t in (1, 2, 4)), "|")
    for seeds in SEEDS:
        rates = [wrong_equivalence(seeds, margin=m) for m in (0.5, 1.0, 2.0, 4.0)]
        print(f"| {seeds} |", " | ".join(f"{r:.3f}" for r in rates), "|")
    for seeds in (3, 5, 6, 8, 10):
        print(
            f"| {seeds} |",
            " | ".join(f"{equivalence_power(seeds, m):.2f}" for m in (0.5, 1.0, 1.5, 2.0)),
            "|",
        )
    print(*power_table(), sep="\n")


if __name__ == "__main__":
    main()

"""The report's own sentences: first paragraph and methods, written from what was compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ..comparing import Comparison, Family
from ..comparing.sentences import points


def lede(comparison: Comparison) -> list[str]:
    """What the first paragraph says: verdicts counted, whether the positive control was seen, what was not run."""
    main = comparison.main
    words = Counter(cell.word or "no verdict" for cell in main.cells)
    counted = ", ".join(
        f"{words[w]} {w}" for w in ("BETTER", "EQUIVALENT", "WORSE", "INCONCLUSIVE", "no verdict") if words[w]
    )
    plan = comparison.origin.runs
    finished, planned = plan.get("finished", 0), sum(plan.values())
    return [
        f"{len(main.arms)} arms against {main.baseline} on {listed(main.settings)}: {counted}.",
        positive_control(comparison),
        not_run(comparison),
        f"{finished} of {planned} planned runs are finished; differences under {points(main.margin)} do not count.",
    ]


def positive_control(comparison: Comparison) -> str:
    """Whether the pipeline saw what it had to see."""
    arms = comparison.recorded.study.arms
    wanted = [(c, arms[c.arm]["expect"]) for c in comparison.main.cells if arms.get(c.arm, {}).get("expect")]
    if not wanted:
        return "No positive control was run, so nothing shows that this pipeline would see an effect."
    if any(cell.word is None for cell, _ in wanted):
        return "The positive control is not finished, so nothing shows yet that this pipeline would see an effect."
    missed = [cell for cell, expected in wanted if cell.word != expected]
    names = listed(list(dict.fromkeys(cell.arm for cell, _ in wanted)))
    if missed:
        where = listed([f"{c.arm} on {c.setting} ({c.word or 'no verdict'})" for c in missed])
        return f"The positive control was missed: {where}. Do not trust the verdicts below."
    return f"The positive control {names} got its expected verdict everywhere."


def not_run(comparison: Comparison) -> str:
    """The controls that nobody ran, named."""
    missing = [control.name for control in comparison.controls if not control.run]
    return f"Controls not run: {listed(missing)}." if missing else "Every control was run."


def methods(comparison: Comparison) -> str:
    """A paragraph to paste into a paper."""
    main, origin = comparison.main, comparison.origin
    seeds = sorted({len(cell.seeds) for cell in main.cells})
    how = "enumerated exactly" if main.exact else "drawn at random (99,999 draws)"
    span = f"{seeds[0]}" if len(seeds) == 1 else f"{seeds[0]} to {seeds[-1]}"
    return (
        f"Each arm was trained with {span} seeds on each of {len(main.settings)} settings ({listed(main.settings)}) "
        f"and compared with {main.baseline} by paired differences of the test score of equal seeds: initial weights of "
        "the backbone, data order and augmentation depend on the seed alone. The family of "
        f"{len(main.cells)} comparisons was tested by a step-down maxT procedure over mean paired differences with "
        f"joint sign flips of (setting, seed) blocks, {how}, which controls the family-wise error at {main.alpha:g} if "
        "block differences are symmetric. Intervals are Student-t, 95 %, for one comparison each. Equivalence is two "
        f"one-sided t tests at {main.alpha:g} against a margin of {points(main.margin)}, stated before the runs. "
        f"{noise_sentence(main)} The number of further seeds is simulated with the same tests, from the observed means "
        "and spreads; seeds added after looking at the verdicts are a second look and weaken them. "
        f"{sum(origin.runs.values())} runs and {sum(origin.trials.values())} search trials took "
        f"{origin.cpu_hours:.1f} CPU hours."
    )


def noise_sentence(family: Family) -> str:
    """The noise floors, in words."""
    floors = listed([f"{floor.floor:.2f} points on {setting}" for setting, floor in family.floors.items()])
    return (
        f"Two sets of seeds of {family.baseline} itself would differ by up to {floors} (noise floor, 95 %)."
    )


def listed(names: Sequence[str]) -> str:
    """a, b and c"""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else "nothing"

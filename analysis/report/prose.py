"""Write the report's own sentences: its summary and the methods paragraph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from experiments.config.study_plan import PlannedArm

from ..comparing import Comparison, Family
from ..comparing.sentences import format_points

VERDICTS = ("BETTER", "EQUIVALENT", "WORSE", "INCONCLUSIVE", "no verdict")


def summarize(comparison: Comparison) -> list[str]:
    """Return the sentences of the first paragraph: verdicts, positive control, missing controls, finished runs."""
    main = comparison.main
    counts = Counter[str](cell.verdict or "no verdict" for cell in main.cells)
    verdicts = ", ".join(f"{counts[verdict]} {verdict}" for verdict in VERDICTS if counts[verdict])
    runs = comparison.provenance.runs
    finished, planned = runs.get("finished", 0), sum(runs.values())
    return [
        f"{len(main.arms)} arms against {main.baseline} on {join_names(main.settings)}: {verdicts}.",
        describe_positive_control(comparison),
        describe_missing_controls(comparison),
        f"{finished} of {planned} planned runs are finished; differences under {format_points(main.margin)} do not "
        "count.",
    ]


def describe_positive_control(comparison: Comparison) -> str:
    """State whether the positive control got its expected verdict."""
    arms = comparison.record.study.arms
    cells = [cell for cell in comparison.main.cells if arms.get(cell.arm, PlannedArm()).expect]
    if not cells:
        return "No positive control was run, so nothing shows that this pipeline would detect an effect."
    if any(cell.verdict is None for cell in cells):
        return "The positive control is not finished, so nothing shows yet that this pipeline would detect an effect."
    missed = [cell for cell in cells if cell.verdict != arms[cell.arm].expect]
    if missed:
        where = join_names([f"{c.arm} on {c.setting} ({c.verdict or 'no verdict'})" for c in missed])
        return f"The positive control was missed: {where}. Do not trust the verdicts below."
    names = join_names(list(dict.fromkeys(cell.arm for cell in cells)))
    return f"The positive control {names} got its expected verdict everywhere."


def describe_missing_controls(comparison: Comparison) -> str:
    """Name the controls that the study did not run."""
    missing = [control.name for control in comparison.controls if not control.run]
    return f"Controls not run: {join_names(missing)}." if missing else "Every control was run."


def describe_methods(comparison: Comparison) -> str:
    """Return a methods paragraph for a paper."""
    main, provenance = comparison.main, comparison.provenance
    flips = "enumerated exactly" if main.exact else "drawn at random (99,999 draws)"
    return (
        f"Each arm was trained with {main.pair_counts} seeds on each of {len(main.settings)} settings "
        f"({join_names(main.settings)}) and compared with {main.baseline} by paired differences of the test score of "
        "equal seeds: initial weights of the backbone, data order and augmentation depend on the seed alone. The "
        f"family of {len(main.cells)} comparisons was tested by a step-down maxT procedure over mean paired "
        f"differences with joint sign flips of (setting, seed) blocks, {flips}, which controls the family-wise error "
        f"at {main.alpha:g} if block differences are symmetric. Intervals are Student-t, 95 %, for one comparison "
        f"each. Equivalence is two one-sided t tests at {main.alpha:g} against a margin of "
        f"{format_points(main.margin)}, stated before the runs. {describe_noise_floors(main)} The number of further "
        "seeds is simulated with the same tests, from the observed means and spreads; seeds added after looking at "
        "the verdicts are a second look and weaken them. "
        f"{sum(provenance.runs.values())} runs and {sum(provenance.trials.values())} search trials took "
        f"{provenance.cpu_hours:.1f} CPU hours."
    )


def describe_noise_floors(family: Family) -> str:
    """State the noise floor of each setting."""
    floors = join_names(
        [f"{noise.floor:.2f} points on {setting}" for setting, noise in family.floors.items()]
    )
    return (
        f"Two sets of seeds of {family.baseline} itself would differ by up to {floors} (noise floor, 95 %)."
    )


def join_names(names: Sequence[str]) -> str:
    """Join names as `a, b and c`; `nothing` for an empty list."""
    if len(names) > 1:
        return f"{', '.join(names[:-1])} and {names[-1]}"
    return names[0] if names else "nothing"

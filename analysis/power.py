"""Assess a study's design before the runs: what it can detect, and what more seeds would add."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import nan
from typing import Any, NamedTuple

from user_error import UserError

from .statistics import (
    Sensitivity,
    design_sensitivity,
    equivalence_margin,
    equivalence_power,
    fewest_seeds,
    smallest_p,
)

LARGE_TABLE = 30  # cells from which on fewer repetitions do: they are slower and no less precise
LEGEND = (
    "* this design. Smallest p: after correction for all comparisons of the table. Finds: the true difference called "
    "BETTER or WORSE in 80 of 100 studies. sd: of the paired differences between seeds, in points."
)


class Design(NamedTuple):
    """One table of a study as planned; `sd`: of the paired differences, in points, NaN while unknown."""

    title: str
    seeds: int
    arms: int
    settings: int
    margin: float
    alpha: float
    sd: float = nan

    @property
    def has_sd(self) -> bool:
        """Tell whether the spread of the paired differences is known."""
        return self.sd == self.sd


class Assessment(NamedTuple):
    """What a design can show with a probability of 0.8.

    `detectable`: true difference called BETTER or WORSE, in points where the sd is known, else in sd's;
    `sd_for_margin` and `sd_for_equivalence`: largest sd, in points, with which a difference of the margin is detected,
    and an equal arm called EQUIVALENT; `equivalence`: probability of EQUIVALENT for an equal arm at the known sd."""

    sensitivity: Sensitivity
    detectable: float
    sd_for_margin: float
    sd_for_equivalence: float
    equivalence: float


def assess(design: Design, *, repetitions: int = 200) -> Assessment:
    """Simulate the design with the joint test that the report uses; takes seconds."""
    sensitivity = design_sensitivity(
        seeds=design.seeds,
        arms=design.arms,
        settings=design.settings,
        alpha=design.alpha,
        repetitions=repetitions,
    )
    effect, known = sensitivity.detectable_effect, design.has_sd and design.sd > 0
    return Assessment(
        sensitivity=sensitivity,
        detectable=effect * (design.sd if known else 1.0),
        sd_for_margin=design.margin / effect,
        sd_for_equivalence=design.margin / equivalence_margin(design.seeds, alpha=design.alpha),
        equivalence=equivalence_power(design.seeds, design.margin / design.sd, alpha=design.alpha)
        if known
        else nan,
    )


def explain_impossible(design: Design) -> str | None:
    """Return why a design can detect nothing whatever the effect, or None if it can; no simulation."""
    if (smallest := smallest_p(design.seeds)) <= design.alpha:
        return None
    return (
        f"{design.title}: {design.seeds} seeds can never give BETTER or WORSE (the smallest p is {smallest:.3g}, above "
        f"{design.alpha:g}); {fewest_seeds(design.alpha)} seeds can"
    )


def format_design(design: Design, *, seeds: Sequence[int]) -> list[str]:
    """Return a text table of a design: one line per number of seeds, the design's own marked with a star."""
    reason = explain_impossible(design)
    warnings = [f"warning: {reason}"] if reason else []
    rows = [
        _format_row(design._replace(seeds=s), own=s == design.seeds) for s in sorted({*seeds, design.seeds})
    ]
    return [_format_title(design), *warnings, _format_header(design), *rows]


def _format_title(design: Design) -> str:
    size = f"{pluralize(design.arms, 'arm')} on {pluralize(design.settings, 'setting')}"
    spread = f", sd of differences {design.sd:.2f} points" if design.has_sd else ""
    margin = pluralize(design.margin, "point")
    return f"{design.title}: {size}, level {design.alpha:g}, margin {margin}{spread}"


def _format_header(design: Design) -> str:
    return "   seeds  {:>10}  {:>13}  {:>25}  {:>19}  {:>19}".format(
        "smallest p",
        "finds, points" if design.has_sd else "finds, sd's",
        "finds the margin if sd <=",
        "EQUIVALENT if sd <=",
        "EQUIVALENT if equal",
    )


def _format_row(design: Design, *, own: bool) -> str:
    assessment = assess(design, repetitions=80 if design.arms * design.settings >= LARGE_TABLE else 200)
    effect, margin, equal = (
        f"{value:.2f}" if value == value else "nothing"
        for value in (assessment.detectable, assessment.sd_for_margin, assessment.sd_for_equivalence)
    )
    known = assessment.equivalence == assessment.equivalence
    chance = f"{100 * assessment.equivalence:.0f} %" if known else "sd not known"
    columns = (assessment.sensitivity.smallest_p, effect, margin, equal, chance)
    mark = "*" if own else " "
    return "{} {:>6}  {:>10.3g}  {:>13}  {:>25}  {:>19}  {:>19}".format(mark, design.seeds, *columns)


def read_designs(text: str) -> list[Design]:
    """Parse designs from the JSON list that `experiments plan` writes. Raises UserError for anything else."""
    try:
        entries: list[dict[str, Any]] = json.loads(text)
        return [Design(**entry) for entry in entries]
    except (ValueError, TypeError) as error:
        raise UserError(f"standard input: not designs as `experiments plan` writes them ({error})") from error


def pluralize(count: float, noun: str) -> str:
    """Return a count with its noun: 1 arm, 2 arms."""
    return f"{count:g} {noun}" if count == 1 else f"{count:g} {noun}s"

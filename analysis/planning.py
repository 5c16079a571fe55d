"""Before the compute is spent: what a study's design can tell, and what would make it tell more."""

from __future__ import annotations

from collections.abc import Sequence
from math import nan
from typing import NamedTuple

from .statistics import Reach, equivalence_power, fewest_seeds, reach, smallest_p


class Design(NamedTuple):
    """A table of a study as it is planned; `sd` of paired differences in points, NaN where nobody knows it yet."""

    title: str
    seeds: int
    arms: int
    settings: int
    margin: float
    alpha: float
    sd: float = nan


class Check(NamedTuple):
    """What so many seeds can tell: effects in points where the sd is known, else in sd's."""

    reach: Reach
    detectable: float
    equivalence: float


def check(design: Design, *, repetitions: int = 200) -> Check:
    """Simulated with the joint test that the report uses; seconds."""
    found = reach(
        seeds=design.seeds,
        arms=design.arms,
        settings=design.settings,
        alpha=design.alpha,
        repetitions=repetitions,
    )
    known = design.sd == design.sd and design.sd > 0
    equal = equivalence_power(design.seeds, design.margin / design.sd, alpha=design.alpha) if known else nan
    return Check(found, found.detectable * (design.sd if known else 1.0), equal)


def possible(design: Design) -> str | None:
    """One line if the design can tell nothing whatever the effect, before any simulation; None if it can."""
    if (smallest := smallest_p(design.seeds)) <= design.alpha:
        return None
    return (
        f"{design.title}: {design.seeds} seeds can never give BETTER or WORSE (the smallest p is {smallest:.3g}, above "
        f"{design.alpha:g}); {fewest_seeds(design.alpha)} seeds can"
    )


def lines(design: Design, *, seeds: Sequence[int]) -> list[str]:
    """A small table for people: one line for each number of seeds, the design's own marked."""
    unit = "points" if design.sd == design.sd else "sd's of the paired differences"
    head = (
        f"{design.title}: {many(design.arms, 'arm')} on {many(design.settings, 'setting')}, "
        f"level {design.alpha:g}, margin {many(design.margin, 'point')}"
        + (f", sd of differences {design.sd:.2f} points" if design.sd == design.sd else "")
    )
    body = [_line(design._replace(seeds=s), here=s == design.seeds) for s in sorted({*seeds, design.seeds})]
    named = f"  seeds  smallest p  found in 80 of 100 studies ({unit})  shown EQUIVALENT if equal"
    return [head, named, *body]


def many(count: float, what: str) -> str:
    """1 arm, 2 arms"""
    return f"{count:g} {what}" if count == 1 else f"{count:g} {what}s"


def _line(design: Design, *, here: bool) -> str:
    found = check(design)
    effect = f"{found.detectable:.2f}" if found.detectable == found.detectable else "nothing"
    equal = f"{100 * found.equivalence:.0f} %" if found.equivalence == found.equivalence else "sd not known"
    mark = "*" if here else " "
    return f"{mark} {design.seeds:>5}  {found.reach.smallest:>10.3g}  {effect:>10}  {equal:>10}"

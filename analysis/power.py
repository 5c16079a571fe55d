"""Before the compute is spent: what a study's design can tell, and what would make it tell more."""

from __future__ import annotations

import json
from collections.abc import Sequence
from math import nan
from typing import Any, NamedTuple

from user_error import UserError

from .statistics import Reach, equivalence_margin, equivalence_power, fewest_seeds, reach, smallest_p

LARGE = 30  # cells of a table from which on fewer repetitions do: they are slower and no less sure


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
    """What so many seeds can tell: `detectable` in points where the sd is known, else in sd's; the largest sd's, in
    points, with which the margin itself is found, and equality shown, in 80 of 100 studies; `equivalence`: the
    chance to show equality with the sd that is known."""

    reach: Reach
    detectable: float
    sd_for_margin: float
    sd_for_equivalence: float
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
    return Check(
        found,
        found.detectable * (design.sd if known else 1.0),
        design.margin / found.detectable,
        design.margin / equivalence_margin(design.seeds, alpha=design.alpha),
        equal,
    )


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
    head = (
        f"{design.title}: {many(design.arms, 'arm')} on {many(design.settings, 'setting')}, "
        f"level {design.alpha:g}, margin {many(design.margin, 'point')}"
        + (f", sd of differences {design.sd:.2f} points" if design.sd == design.sd else "")
    )
    unit = "points" if design.sd == design.sd else "sd's"
    titles = (
        "smallest p",
        f"finds, {unit}",
        "finds the margin if sd <=",
        "EQUIVALENT if sd <=",
        "EQUIVALENT if equal",
    )
    named = "   seeds  {:>10}  {:>13}  {:>25}  {:>19}  {:>19}".format(*titles)
    body = [_line(design._replace(seeds=s), here=s == design.seeds) for s in sorted({*seeds, design.seeds})]
    impossible = possible(design)
    told = [f"warning: {impossible}"] if impossible else []
    return [head, *told, named, *body]


LEGEND = (
    "* this design. Smallest p: after correction for all comparisons of the table. Finds: the true difference called "
    "BETTER or WORSE in 80 of 100 studies. sd: of the paired differences between seeds, in points."
)


def read_designs(text: str) -> list[Design]:
    """Designs as `experiments plan` tells them: JSON, one a table. Raises UserError for anything else."""
    try:
        given: list[dict[str, Any]] = json.loads(text)
        return [Design(**one) for one in given]
    except (ValueError, TypeError) as error:
        raise UserError(f"standard input: not designs as `experiments plan` writes them ({error})") from error


def many(count: float, what: str) -> str:
    """1 arm, 2 arms"""
    return f"{count:g} {what}" if count == 1 else f"{count:g} {what}s"


def _line(design: Design, *, here: bool) -> str:
    found = check(design, repetitions=80 if design.arms * design.settings >= LARGE else 200)
    effect, margin, equal = (
        f"{value:.2f}" if value == value else "nothing"
        for value in (found.detectable, found.sd_for_margin, found.sd_for_equivalence)
    )
    chance = f"{100 * found.equivalence:.0f} %" if found.equivalence == found.equivalence else "sd not known"
    mark = "*" if here else " "
    columns = (found.reach.smallest, effect, margin, equal, chance)
    return "{} {:>6}  {:>10.3g}  {:>13}  {:>25}  {:>19}  {:>19}".format(mark, design.seeds, *columns)

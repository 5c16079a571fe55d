"""All of a study's figures, each at two widths."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

from matplotlib.figure import Figure

from ..comparing import Comparison, Family
from ..comparing.curves import Curve
from ..comparing.search import Grid
from ..comparing.sentences import points
from ..comparing.verdicts import slug
from .costs import cost_and_gain
from .curves import learning
from .forest import forest
from .heatmaps import search_map
from .looks import NARROW, WIDE, Look, looks, pdf, settled, style, svg
from .seeds import seeds


class Drawing(NamedTuple):
    """A figure in all its forms; `section` is where the report shows it."""

    name: str
    section: str
    title: str
    caption: str
    wide: str
    narrow: str
    wide_pdf: bytes
    narrow_pdf: bytes


MOST_CURVES = 8
Draw = Callable[[float], Figure]


def draw(comparison: Comparison) -> list[Drawing]:
    """In the report's order."""
    with style():
        return [_drawing(*parts) for parts in _wanted(comparison)]


def _drawing(name: str, section: str, title: str, caption: str, make: Draw) -> Drawing:
    wide, narrow = settled(make(WIDE)), settled(make(NARROW))
    return Drawing(
        name,
        section,
        title,
        caption,
        svg(wide, f"{name}-wide"),
        svg(narrow, f"{name}-narrow"),
        pdf(wide),
        pdf(narrow),
    )


def study_looks(comparison: Comparison) -> dict[str, Look]:
    """The looks of all arms that are drawn."""
    named = [a for f in comparison.families for a in (f.baseline, *f.arms)]
    return looks(list(dict.fromkeys([*comparison.recorded.study.arms, *named])), comparison.main.baseline)


def _wanted(comparison: Comparison) -> Iterator[tuple[str, str, str, str, Draw]]:
    arms = study_looks(comparison)
    for family in comparison.families:
        caption = (
            f"Mean paired differences from {family.baseline} with 95 % t intervals. Grey band: noise floor "
            f"of the baseline; dashed: the margin of {points(family.margin)}. Hollow: inconclusive."
        )
        yield (
            f"forest-{family.slug}",
            family.slug,
            family.title or family.name,
            caption,
            partial(_forest, family, arms),
        )
    main = comparison.main
    yield (
        "seeds",
        "seeds",
        "Every seed",
        "Test scores; a thin line joins the runs of one seed; bars: means.",
        lambda width: seeds(main, arms, width=width),
    )
    yield (
        "cost",
        "cost",
        "Cost and gain",
        "Differences with 95 % intervals against what the arm adds to the baseline (without positive controls).",
        lambda width: cost_and_gain(main, comparison.costs, arms, width=width),
    )
    for name, title, caption, of in (
        (
            "curves",
            "Learning curves",
            "Validation after each epoch: means over seeds, 95 % t bands",
            comparison.curves,
        ),
        (
            "gains",
            "Gain over training",
            f"Paired difference from {main.baseline} on validation after each epoch: means, 95 % t bands",
            comparison.gains,
        ),
    ):
        shown = [c for c in of if c.arm in (main.baseline, *furthest(main))]
        if shown:
            rest = (
                ""
                if len(main.arms) <= MOST_CURVES
                else f"; the {MOST_CURVES} arms furthest from the baseline"
            )
            yield name, "curves", title, f"{caption}{rest}.", partial(_curves, shown, arms)
    for grid in comparison.grids:
        caption = (
            f"Validation score of {grid.arm}'s trials on {grid.setting} less the baseline's best trial, in points; "
            f"n: trials in the cell ({grid.trials} in all); blank: not tried. One seed: exploratory."
        )
        yield (
            f"search-{slug(grid.arm)}-{slug(grid.setting)}",
            "search",
            f"Search: {grid.arm} on {grid.setting}",
            caption,
            partial(_search, grid),
        )


def furthest(family: Family) -> list[str]:
    """The arms whose curves can be told apart in one figure."""
    gaps = {arm: max(abs(c.paired.mean) for c in family.cells if c.arm == arm) for arm in family.arms}
    most = sorted(family.arms, key=lambda arm: -gaps[arm] if gaps[arm] == gaps[arm] else 0.0)[:MOST_CURVES]
    return [arm for arm in family.arms if arm in most]


def _curves(shown: list[Curve], arms: Mapping[str, Look], width: float) -> Figure:
    return learning(shown, arms, width=width)


def _forest(family: Family, arms: Mapping[str, Look], width: float) -> Figure:
    return forest(family, arms, width=width)


def _search(grid: Grid, width: float) -> Figure:
    return search_map(grid, width=width)

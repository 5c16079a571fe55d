"""Which figures a study gets, with their captions, in the report's order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, Protocol

from matplotlib.figure import Figure

from ..comparing import Comparison, Family
from ..comparing.pairwise import block_differences, chances, pairs
from ..comparing.sentences import points
from ..comparing.verdicts import slug
from .costs import cost_and_gain
from .curves import learning
from .forest import forest
from .gates import gate_shares
from .heatmaps import search_map
from .histories import history
from .overall import matrix, profile, seeds_needed
from .seeds import seeds
from .sites import site_map
from .style import Look, looks

MOST_CURVES = 8
FEWEST_BLOCKS = 10  # fewer pairs an arm do not make a profile
Looks = Mapping[str, Look]


class Make(Protocol):
    """Draws a figure of this width, in inches."""

    def __call__(self, width: float) -> Figure: ...


class Wanted(NamedTuple):
    """A figure to draw; `section` is where the report shows it."""

    name: str
    section: str
    title: str
    caption: str
    make: Make


def wanted(comparison: Comparison) -> Iterator[Wanted]:
    """In the report's order; figures that the study has no data for are left out."""
    arms = study_looks(comparison)
    sources: tuple[Callable[[Comparison, Looks], Iterator[Wanted]], ...] = (
        _forests,
        _main,
        _all_settings,
        _gates,
        _costs,
        _curves,
        _searches,
    )
    for source in sources:
        yield from source(comparison, arms)


def study_looks(comparison: Comparison) -> dict[str, Look]:
    """The looks of all arms that are drawn."""
    named = [a for f in comparison.families for a in (f.baseline, *f.arms)]
    return looks(list(dict.fromkeys([*comparison.recorded.study.arms, *named])), comparison.main.baseline)


def _forests(comparison: Comparison, arms: Looks) -> Iterator[Wanted]:
    for family in comparison.families:
        caption = (
            f"Mean paired differences from {family.baseline} with 95 % t intervals. Grey band: noise floor "
            f"of the baseline; dashed: the margin of {points(family.margin)}. Hollow: inconclusive."
        )
        yield Wanted(
            f"forest-{family.slug}", family.slug, family.title or family.name, caption, _forest(family, arms)
        )


def _forest(family: Family, arms: Looks) -> Make:
    return lambda width: forest(family, arms, width=width)


def _main(comparison: Comparison, arms: Looks) -> Iterator[Wanted]:
    main = comparison.main
    caption = "Test scores; a thin line joins the runs of one seed; bars: means."
    yield Wanted("seeds", "seeds", "Every seed", caption, lambda width: seeds(main, arms, width=width))


def _all_settings(comparison: Comparison, arms: Looks) -> Iterator[Wanted]:
    main = comparison.main
    if found := pairs(main):
        caption = (
            "Row less column over all settings, points, and in how many of the (setting, seed) pairs the row won. "
            "Pale: not told apart (sign flips, Holm over all pairs). Without positive controls."
        )
        yield Wanted(
            "matrix",
            "overall",
            "Every arm against every other",
            caption,
            lambda width: matrix(found, width=width, alpha=main.alpha),
        )
    differences = block_differences(main)
    if len(differences) and differences.groupby("arm").size().max() >= FEWEST_BLOCKS:
        shown = differences[differences["arm"].isin(furthest(main))]
        caption = (
            f"Share of the (setting, seed) pairs in which the arm gains more than x over {main.baseline}: further "
            f"right is better, steeper is steadier{_rest(main)}."
        )
        yield Wanted(
            "profile",
            "overall",
            "Profiles of the gains",
            caption,
            lambda width: profile(shown, arms, width=width),
        )
    if futures := chances(main):
        caption = (
            f"Simulated with this table's own test, size ({len(main.arms)} arms, {len(main.settings)} settings), "
            "margin and spread of the paired differences; dotted: 80 %."
        )
        yield Wanted(
            "power",
            "overall",
            "What other numbers of seeds could tell",
            caption,
            lambda width: seeds_needed(futures, here=main.pairs, margin=points(main.margin), width=width),
        )
    if comparison.sites:
        caption = (
            f"Difference from {main.baseline} of one module at several places, points; * : BETTER or WORSE."
        )
        yield Wanted(
            "sites",
            "controls",
            "One module at several places",
            caption,
            lambda width: site_map(comparison.sites, width=width),
        )


def _gates(comparison: Comparison, arms: Looks) -> Iterator[Wanted]:
    shown = furthest(comparison.main)
    gates = [g for g in comparison.gates.gates if g.input_share == g.input_share and g.arm in shown]
    if gates:
        caption = (
            "Share of each gate's variance that is over images, from the first plug to the last; medians over runs. At "
            f"0 a gate does not look at its input{_rest(comparison.main)}."
        )
        yield Wanted(
            "gates",
            "controls",
            "How much the gates look",
            caption,
            lambda width: gate_shares(gates, arms, width=width),
        )


def _costs(comparison: Comparison, arms: Looks) -> Iterator[Wanted]:
    caption = "Differences with 95 % intervals against what the arm adds to the baseline (without positive controls)."
    yield Wanted(
        "cost",
        "cost",
        "Cost and gain",
        caption,
        lambda width: cost_and_gain(comparison.main, comparison.costs, arms, width=width),
    )


def _curves(comparison: Comparison, arms: Looks) -> Iterator[Wanted]:
    main = comparison.main
    learned = "Validation after each epoch: means over seeds, 95 % t bands"
    gained = f"Paired difference from {main.baseline} on validation after each epoch: means, 95 % t bands"
    rest = _rest(main)
    for name, title, caption, of in (
        ("curves", "Learning curves", learned, comparison.curves),
        ("gains", "Gain over training", gained, comparison.gains),
    ):
        shown = [c for c in of if c.arm in (main.baseline, *furthest(main)) and len(c.epochs) > 1]
        if shown:
            yield Wanted(
                name,
                "curves",
                title,
                f"{caption}{rest}.",
                lambda width, shown=shown: learning(shown, arms, width=width),
            )


def _searches(comparison: Comparison, arms: Looks) -> Iterator[Wanted]:
    trials = comparison.recorded.runs
    scored = (trials["role"] == "trial") & trials["validation"].notna() & trials["arm"].isin(list(arms))
    trials = trials[scored]
    if len(trials):
        yield Wanted(
            "search-history",
            "search",
            "The search",
            "Every trial on validation, and the best so far (steps).",
            lambda width: history(trials, arms, width=width),
        )
    for grid in comparison.grids:
        caption = (
            f"Validation score of {grid.arm}'s trials on {grid.setting} less the baseline's best trial, in points; "
            f"n: trials in the cell ({grid.trials} in all); blank: not tried. One seed: exploratory."
        )
        yield Wanted(
            f"search-{slug(grid.arm)}-{slug(grid.setting)}",
            "search",
            f"Search: {grid.arm} on {grid.setting}",
            caption,
            lambda width, grid=grid: search_map(grid, width=width),
        )


def _rest(main: Family) -> str:
    """Says which arms are drawn, where not all are."""
    return "" if len(main.arms) <= MOST_CURVES else f"; the {MOST_CURVES} arms furthest from the baseline"


def furthest(family: Family) -> list[str]:
    """The arms whose curves can be told apart in one figure."""
    gaps = {arm: max(abs(c.paired.mean) for c in family.cells if c.arm == arm) for arm in family.arms}
    most = sorted(family.arms, key=lambda arm: -gaps[arm] if gaps[arm] == gaps[arm] else 0.0)[:MOST_CURVES]
    return [arm for arm in family.arms if arm in most]

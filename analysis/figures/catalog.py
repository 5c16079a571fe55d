"""The figures that a study gets, with their captions, in the report's order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import NamedTuple, Protocol

from matplotlib.figure import Figure

from ..comparing import Comparison, Family
from ..comparing.family import slug
from ..comparing.pairwise import block_differences, compare_pairs, power_by_seeds
from ..comparing.search import Grid
from ..comparing.sentences import format_points
from .costs import draw_cost_and_gain
from .curves import draw_curves
from .forest import draw_forest
from .gates import draw_gate_shares
from .pairwise import draw_gain_profiles, draw_pair_matrix, draw_power_curves
from .search_grid import draw_search_grid
from .search_history import draw_search_history
from .seeds import draw_seeds
from .sites import draw_sites
from .style import ArmStyle, arm_styles

MAX_CURVES = 8
MIN_BLOCKS = 10  # fewer pairs per arm do not make a profile
ArmStyles = Mapping[str, ArmStyle]


class DrawFunction(Protocol):
    """Draws a figure of this width, in inches."""

    def __call__(self, *, width: float) -> Figure: ...


class FigureSpec(NamedTuple):
    """A figure to draw. `name`: of its files; `section`: of the report, where it is shown."""

    name: str
    section: str
    title: str
    caption: str
    draw: DrawFunction


def figure_specs(comparison: Comparison) -> Iterator[FigureSpec]:
    """Yield the figures in the report's order, without those that the study has no data for."""
    styles = study_arm_styles(comparison)
    sources: tuple[Callable[[Comparison, ArmStyles], Iterator[FigureSpec]], ...] = (
        _forests,
        _seeds,
        _pair_matrix,
        _profiles,
        _power,
        _sites,
        _gates,
        _costs,
        _curves,
        _search_history,
        _search_grids,
    )
    for source in sources:
        yield from source(comparison, styles)


def study_arm_styles(comparison: Comparison) -> dict[str, ArmStyle]:
    """Return the style of every arm of a study."""
    compared = [arm for family in comparison.families for arm in (family.baseline, *family.arms)]
    arms = list(dict.fromkeys([*comparison.record.study.arms, *compared]))
    return arm_styles(arms, comparison.main.baseline)


def _forests(comparison: Comparison, styles: ArmStyles) -> Iterator[FigureSpec]:
    for family in comparison.families:
        caption = (
            f"Mean paired differences from {family.baseline} with 95 % t intervals. Grey band: noise floor "
            f"of the baseline; dashed: the margin of {format_points(family.margin)}. Hollow: inconclusive."
        )
        draw = partial(draw_forest, family, styles)
        yield FigureSpec(f"forest-{family.slug}", family.slug, family.label, caption, draw)


def _seeds(comparison: Comparison, styles: ArmStyles) -> Iterator[FigureSpec]:
    caption = "Test scores; a thin line joins the runs of one seed; bars: means."
    yield FigureSpec("seeds", "seeds", "Every seed", caption, partial(draw_seeds, comparison.main, styles))


def _pair_matrix(comparison: Comparison, styles: ArmStyles) -> Iterator[FigureSpec]:
    main = comparison.main
    if pairs := compare_pairs(main):
        caption = (
            "Row minus column over all settings, points, and in how many of the (setting, seed) pairs the row won. "
            "Pale: not significant (sign flips, Holm over all pairs). Without positive controls."
        )
        draw = partial(draw_pair_matrix, pairs, alpha=main.alpha)
        yield FigureSpec("matrix", "overall", "Every arm against every other", caption, draw)


def _profiles(comparison: Comparison, styles: ArmStyles) -> Iterator[FigureSpec]:
    main = comparison.main
    differences = block_differences(main)
    if len(differences) and differences.groupby("arm").size().max() >= MIN_BLOCKS:
        caption = (
            f"Share of the (setting, seed) pairs in which the arm gains more than x over {main.baseline}: further "
            f"right is better, steeper is steadier{_note_selection(main)}."
        )
        gains = differences[differences["arm"].isin(furthest_arms(main))]
        draw = partial(draw_gain_profiles, gains, styles)
        yield FigureSpec("profile", "overall", "Profiles of the gains", caption, draw)


def _power(comparison: Comparison, styles: ArmStyles) -> Iterator[FigureSpec]:
    main = comparison.main
    if powers := power_by_seeds(main):
        caption = (
            f"Simulated with this table's own test, size ({len(main.arms)} arms, {len(main.settings)} settings), "
            "margin and spread of the paired differences; dotted: 80 %."
        )
        draw = partial(draw_power_curves, powers, own_seeds=main.pairs, margin=format_points(main.margin))
        yield FigureSpec("power", "overall", "Power at other numbers of seeds", caption, draw)


def _sites(comparison: Comparison, styles: ArmStyles) -> Iterator[FigureSpec]:
    if comparison.sites:
        baseline = comparison.main.baseline
        caption = f"Difference from {baseline} of one module at several sites, points; * : BETTER or WORSE."
        draw = partial(draw_sites, comparison.sites)
        yield FigureSpec("sites", "controls", "One module at several sites", caption, draw)


def _gates(comparison: Comparison, styles: ArmStyles) -> Iterator[FigureSpec]:
    arms = furthest_arms(comparison.main)
    gates = [g for g in comparison.gates.gates if g.input_share == g.input_share and g.arm in arms]
    if gates:
        caption = (
            "Share of each gate's variance that is over images, from the first plug to the last; medians over runs. A "
            f"gate at 0 does not depend on its input{_note_selection(comparison.main)}."
        )
        draw = partial(draw_gate_shares, gates, styles)
        yield FigureSpec("gates", "controls", "How much the gates depend on the image", caption, draw)


def _costs(comparison: Comparison, styles: ArmStyles) -> Iterator[FigureSpec]:
    caption = "Differences with 95 % intervals against what the arm adds to the baseline (without positive controls)."
    draw = partial(draw_cost_and_gain, comparison.main, comparison.costs, styles)
    yield FigureSpec("cost", "cost", "Cost and gain", caption, draw)


def _curves(comparison: Comparison, styles: ArmStyles) -> Iterator[FigureSpec]:
    main = comparison.main
    arms = (main.baseline, *furthest_arms(main))
    learning = "Validation after each epoch: means over seeds, 95 % t bands"
    gain = f"Paired difference from {main.baseline} on validation after each epoch: means, 95 % t bands"
    for name, title, caption, curves in (
        ("curves", "Learning curves", learning, comparison.curves),
        ("gains", "Gain over training", gain, comparison.gains),
    ):
        selection = [c for c in curves if c.arm in arms and len(c.epochs) > 1]
        if selection:
            text = f"{caption}{_note_selection(main)}."
            yield FigureSpec(name, "curves", title, text, partial(draw_curves, selection, styles))


def _search_history(comparison: Comparison, styles: ArmStyles) -> Iterator[FigureSpec]:
    runs = comparison.record.runs
    scored = (runs["role"] == "trial") & runs["validation"].notna() & runs["arm"].isin(list(styles))
    if scored.any():
        caption = "Every trial on validation, and the best so far (steps)."
        draw = partial(draw_search_history, runs[scored], styles)
        yield FigureSpec("search-history", "search", "The search", caption, draw)


def _search_grids(comparison: Comparison, styles: ArmStyles) -> Iterator[FigureSpec]:
    for grid in comparison.grids:
        name = f"search-{slug(grid.arm)}-{slug(grid.setting)}"
        title = f"Search: {grid.arm} on {grid.setting}"
        yield FigureSpec(name, "search", title, _caption_grid(grid), partial(draw_search_grid, grid))


def _caption_grid(grid: Grid) -> str:
    return (
        f"Validation score of {grid.arm}'s trials on {grid.setting} minus the baseline's best trial, in points; "
        f"n: trials in the cell ({grid.trials} in all); blank: not tried. One seed: exploratory."
    )


def _note_selection(main: Family) -> str:
    """Name the selection of arms, where not all are drawn."""
    return "" if len(main.arms) <= MAX_CURVES else f"; the {MAX_CURVES} arms furthest from the baseline"


def furthest_arms(family: Family) -> list[str]:
    """Return the arms furthest from the baseline, at most MAX_CURVES, in the study's order."""
    gaps = {arm: max(abs(c.paired.mean) for c in family.cells if c.arm == arm) for arm in family.arms}
    furthest = sorted(family.arms, key=lambda arm: -gaps[arm] if gaps[arm] == gaps[arm] else 0.0)[:MAX_CURVES]
    return [arm for arm in family.arms if arm in furthest]

"""Which figures a study gets."""

from analysis.comparing import Comparison, Family
from analysis.comparing.sites import SiteResult
from analysis.figures.catalog import MAX_CURVES, figure_specs, furthest_arms, study_arm_styles
from analysis.figures.style import BASELINE


def test_figures_are_in_the_reports_order(comparison: Comparison) -> None:
    names = [spec.name for spec in figure_specs(comparison)]
    assert names[:3] == ["forest-main", "forest-leave-one-out", "forest-tuned"]
    assert names[3:10] == ["seeds", "matrix", "profile", "power", "gates", "cost", "curves"]
    assert names[10:] == [
        "gains",
        "search-history",
        "search-scse-classification",
        "search-scse-segmentation",
    ]


def test_figures_without_data_are_left_out(comparison: Comparison) -> None:
    runs = comparison.record.current_runs
    bare = comparison._replace(
        record=comparison.record._replace(runs=runs),
        families=comparison.families[2:],
        gates=comparison.gates._replace(gates=()),
        curves=[],
        gains=[],
        grids=[],
    )
    names = [spec.name for spec in figure_specs(bare)]
    assert names == ["forest-tuned", "seeds", "profile", "power", "cost"]


def test_several_sites_are_a_figure_among_the_controls(comparison: Comparison) -> None:
    sites = [SiteResult("se", "se", "block", "a", 1.0, "BETTER")]
    specs = {spec.name: spec for spec in figure_specs(comparison._replace(sites=sites))}
    assert (specs["sites"].section, specs["sites"].title) == ("controls", "One module at several sites")


def test_captions_name_the_baseline_and_the_margin(comparison: Comparison) -> None:
    forest = next(figure_specs(comparison))
    assert forest.caption.startswith("Mean paired differences from none with 95 % t intervals.")
    assert "the margin of 1 point." in forest.caption


def test_the_furthest_arms_are_drawn_in_the_studys_order(family: Family) -> None:
    assert furthest_arms(family) == ["worse", "better", "planned"]
    cell = family.cell("better", "a")
    arms = tuple(f"arm {i}" for i in range(10))
    cells = tuple(
        cell._replace(arm=arm, paired=cell.paired._replace(mean=i * (-1) ** i)) for i, arm in enumerate(arms)
    )
    many = family._replace(arms=arms, settings=("a",), cells=cells)
    assert furthest_arms(many) == list(arms[2:])
    assert len(furthest_arms(many)) == MAX_CURVES


def test_every_arm_has_a_style_of_its_own_and_the_baseline_is_grey(comparison: Comparison) -> None:
    styles = study_arm_styles(comparison)
    assert set(styles) == set(comparison.record.study.arms)
    assert len(set(styles.values())) == len(styles)
    assert styles["none"].color == BASELINE

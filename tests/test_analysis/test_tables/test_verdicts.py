"""The table of verdicts."""

import pytest

from analysis.comparing import Comparison
from analysis.frames import Study
from analysis.tables.verdicts import build_verdict_table, describe_methods
from experiments.config.study_plan import PlannedArm
from tests.test_analysis.small_family import compare_scores

BASE = [70.0, 71.0, 72.0, 70.5, 71.5, 72.5]
FAMILY = compare_scores(
    {"a": {"none": BASE, "placebo": [b + 0.1 for b in BASE], "se": [b + 2.0 for b in BASE], "new": BASE[:1]}},
    roles={"placebo": "control"},
)


def test_the_baseline_leads_and_controls_are_last(comparison: Comparison) -> None:
    rows = build_verdict_table(comparison, FAMILY).rows
    assert [row.values["arm"] for row in rows] == ["none", "se", "new", "placebo"]
    assert [row.texts["verdict"] for row in rows] == ["baseline", "BETTER", "no verdict", "EQUIVALENT"]


def test_an_arms_row_is_its_cell(comparison: Comparison) -> None:
    row = build_verdict_table(comparison, FAMILY).rows[1]
    assert row.values["difference"] == pytest.approx(2.0)
    assert row.values["adjusted_p"] == 2.0**-5
    assert (row.texts["n"], row.texts["difference"], row.texts["p"]) == ("6", "+2.00", "0.031")
    assert (row.texts["score"], row.texts["interval"]) == ("73.25 ± 0.94", "+2.00 to +2.00")


def test_the_best_arm_is_bold(comparison: Comparison) -> None:
    family = compare_scores(
        {"a": {"none": BASE, "se": [b + 2.0 for b in BASE], "eca": [b + 1.0 for b in BASE]}}
    )
    rows = build_verdict_table(comparison, family).rows
    assert [row.values["arm"] for row in rows if row.bold] == ["se"]


def test_costs_are_absolute_for_the_baseline_and_relative_for_arms(comparison: Comparison) -> None:
    rows = build_verdict_table(comparison, comparison.main).rows
    texts = {str(row.values["arm"]): row.texts for row in rows}
    assert (texts["none"]["parameters"], texts["none"]["macs"]) == ("484 k", "9.1 M")
    assert texts["cse"]["parameters"] == "+2.3 %"
    assert build_verdict_table(comparison, FAMILY).rows[2].texts["macs"] == "–"


def test_the_caption_states_the_method(comparison: Comparison) -> None:
    text = build_verdict_table(comparison, comparison.main).caption
    for part in (
        "over 6 seeds",
        "exact joint sign-flip step-down maxT over all 12",
        "Student t",
        "margin of 1 point",
        "Noise floor in points: classification 0.4",
        "Bold",
        "Scores: test split",
    ):
        assert part in text


def test_the_caption_names_arms_that_share_data_only() -> None:
    study = Study("small", {}, [], {"se": PlannedArm(paired="data")}, [])
    assert describe_methods(FAMILY, study).endswith(" Paired on data only: se.")

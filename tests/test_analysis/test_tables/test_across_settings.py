"""The table over all settings."""

from analysis.statistics import OverSettings
from analysis.tables.across_settings import build_across_table
from tests.test_analysis.small_family import compare_scores

BASE = [70.0, 71.0, 72.0, 70.5]
FAMILY = compare_scores({"a": {"none": BASE, "se": [b + 1 for b in BASE]}})


def test_a_row_has_both_p_values_and_the_interval_of_the_second() -> None:
    family = FAMILY._replace(
        settings=("a", "b"), over_settings=(OverSettings("se", 2, 1.0, 0.0004, 0.25, -1.5, 3.5),)
    )
    table = build_across_table(family)
    assert table.name == "across-main"
    assert table.rows[0].texts == {
        "arm": "se",
        "mean": "+1.00",
        "on_these": "<0.001",
        "on_such": "0.250",
        "interval": "−1.50 to +3.50",
    }
    assert table.rows[0].values["on_these"] == 0.0004
    assert "1 degree of freedom" in table.caption


def test_one_setting_makes_no_row() -> None:
    assert build_across_table(FAMILY).rows == ()

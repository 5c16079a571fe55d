"""Costs of the arms against the baseline, by hand computation."""

from math import isnan, nan

import pandas as pd
import pytest

from analysis.comparing.costs import compare_costs
from tests.test_analysis.small_family import compare_scores

SCORES = {"a": {"none": [70.0, 71.0, 72.0], "se": [71.0, 72.0, 73.0]}}


def runs(**changes: list[float]) -> pd.DataFrame:
    columns = {
        "setting": ["a"] * 4,
        "arm": ["none", "se", "se", "se"],
        "score": [70.0, 71.0, 72.0, nan],
        "parameters": [100.0, 110.0, 110.0, 999.0],
        "macs": [1000.0, 1500.0, 1500.0, 999.0],
        "seconds": [10.0, 12.0, 16.0, 999.0],
        "latency_ms": [4.0, 5.0, 5.0, 999.0],
        "peak_bytes": [8.0, 8.0, 10.0, 999.0],
    }
    return pd.DataFrame(columns | changes)


def test_costs_are_medians_over_scored_runs_and_extra_costs_percent_of_the_baselines() -> None:
    none, se = compare_costs(runs(), [compare_scores(SCORES)])
    assert (none.arm, none.more_parameters, none.more_macs, none.more_seconds) == ("none", 0.0, 0.0, 0.0)
    assert (se.parameters, se.seconds, se.peak_bytes) == (110.0, 14.0, 9.0)
    extra = (se.more_parameters, se.more_macs, se.more_seconds, se.more_latency)
    assert extra == pytest.approx((10.0, 50.0, 40.0, 25.0))


def test_a_baseline_without_a_latency_gives_no_extra_latency() -> None:
    se = compare_costs(runs(latency_ms=[nan, 5.0, 5.0, 5.0]), [compare_scores(SCORES)])[1]
    assert isnan(se.more_latency)
    assert se.latency_ms == 5.0


def test_an_arm_whose_multiply_adds_could_not_be_counted_has_none_and_the_others_keep_theirs() -> None:
    none, se = compare_costs(runs(macs=[1000.0, nan, nan, nan]), [compare_scores(SCORES)])
    assert (none.macs, none.more_macs) == (1000.0, 0.0)
    assert isnan(se.macs)
    assert isnan(se.more_macs)
    assert se.parameters == 110.0


def test_an_arm_in_two_families_is_listed_once() -> None:
    family = compare_scores(SCORES)
    costs = compare_costs(runs(), [family, family._replace(role="tuned")])
    assert [cost.arm for cost in costs] == ["none", "se"]

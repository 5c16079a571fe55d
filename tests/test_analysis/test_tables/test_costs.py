"""The table of costs."""

from math import nan

from analysis.comparing import Comparison
from analysis.comparing.costs import Cost
from analysis.tables.costs import build_cost_table


def test_costs_are_amounts_and_percentages(comparison: Comparison) -> None:
    cost = Cost("se", "a", 495_000, 9.1e6, 12.34, 5.678, 4.05e8, 2.27, 0.5, -1.0, nan)
    (row,) = build_cost_table(comparison._replace(costs=[cost])).rows
    assert row.texts == {
        "setting": "a",
        "arm": "se",
        "parameters": "495 k",
        "more_parameters": "+2.3 %",
        "macs": "9.1 M",
        "more_macs": "+0.5 %",
        "seconds": "12.3",
        "more_seconds": "−1.0 %",
        "latency": "5.68",
        "more_latency": "–",
        "memory": "405",
    }
    assert row.values == cost._asdict()


def test_costs_that_were_not_measured_are_dashes(comparison: Comparison) -> None:
    cost = Cost("se", "a", *[nan] * 9)
    (row,) = build_cost_table(comparison._replace(costs=[cost])).rows
    assert set(list(row.texts.values())[2:]) == {"–"}

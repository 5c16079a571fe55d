"""The table of scores by class, against pandas on the runs."""

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd
import pytest

from analysis.comparing import Comparison
from analysis.tables.classes import build_class_table


def test_the_baseline_has_its_mean_and_other_arms_their_paired_difference(comparison: Comparison) -> None:
    table = build_class_table(comparison)
    row = next(r for r in table.rows if (r.values["setting"], r.values["class"]) == ("classification", "3"))
    runs = comparison.record.current_runs
    runs = runs[runs["setting"] == "classification"]
    scores = {
        arm: [100 * entry["values"][3] for entry in runs[runs["arm"] == arm].sort_values("seed")["per_class"]]
        for arm in ("none", "cse")
    }
    differences = [ours - base for ours, base in zip(scores["cse"], scores["none"], strict=True)]
    assert row.values["none"] == pytest.approx(sum(scores["none"]) / 6)
    assert row.values["cse"] == pytest.approx(sum(differences) / 6)
    assert row.texts["arm none"] == f"{sum(scores['none']) / 6:.1f}"
    assert row.texts["metric"] == "recall"


def test_every_class_of_every_setting_is_a_row(comparison: Comparison) -> None:
    rows = build_class_table(comparison).rows
    counts = {s: sum(r.block == s for r in rows) for s in comparison.main.settings}
    assert counts == {"classification": 10, "segmentation": 2}


def test_runs_without_scores_by_class_make_no_table(comparison: Comparison) -> None:
    record = comparison.record
    runs = record.runs.assign(per_class=None)
    assert build_class_table(comparison._replace(record=record._replace(runs=runs))).rows == ()


def test_a_class_that_no_run_has_a_score_of_is_called_undefined(comparison: Comparison) -> None:
    record = comparison.record

    def without_class_3(run: Mapping[Hashable, Any]) -> Any:
        entry = run["per_class"]
        if run["setting"] != "classification" or not isinstance(entry, dict):
            return entry
        return entry | {"values": [None if at == 3 else value for at, value in enumerate(entry["values"])]}

    runs = record.runs.copy()
    runs["per_class"] = pd.Series([without_class_3(run) for run in runs.to_dict("records")], runs.index)
    table = build_class_table(comparison._replace(record=record._replace(runs=runs)))
    texts = {
        row.texts["class"]: (row.texts["arm none"], row.texts["arm cse"])
        for row in table.rows
        if row.block == "classification"
    }
    assert texts.pop("3") == ("undefined", "undefined")
    assert len(texts) == 9
    assert all("undefined" not in pair for pair in texts.values())

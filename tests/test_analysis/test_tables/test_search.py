"""The table of search trials."""

import json

from analysis.comparing import Comparison
from analysis.tables.search import build_search_table


def test_trials_are_ordered_by_validation_score_within_setting_and_arm(comparison: Comparison) -> None:
    rows = build_search_table(comparison).rows
    assert len(rows) == 2 * 2 * 8
    for block in dict.fromkeys(row.block for row in rows):
        scores = [float(str(row.values["validation"])) for row in rows if row.block == block]
        assert scores == sorted(scores, reverse=True)


def test_options_are_columns_of_the_csv_and_one_text_for_readers(comparison: Comparison) -> None:
    trials = comparison.record.runs.set_index("key")
    row = next(r for r in build_search_table(comparison).rows if r.values["arm"] == "scse")
    options = json.loads(str(trials.loc[str(row.values["key"]), "options"]))
    assert {name: row.values[name] for name in options} == options
    assert row.texts["options"] == ", ".join(f"{name} {value}" for name, value in options.items())


def test_an_arm_without_options_shows_a_dash(comparison: Comparison) -> None:
    row = next(r for r in build_search_table(comparison).rows if r.values["arm"] == "none")
    assert row.texts["options"] == "–"


def test_an_unfinished_trial_has_no_score(comparison: Comparison) -> None:
    record = comparison.record
    runs = record.runs[record.runs["role"] == "trial"].head(1).assign(validation=float("nan"))
    (row,) = build_search_table(comparison._replace(record=record._replace(runs=runs))).rows
    assert row.texts["validation"] == "–"


def test_a_finished_trial_whose_score_is_undefined_is_called_so(comparison: Comparison) -> None:
    record = comparison.record
    first = record.runs[record.runs["role"] == "trial"].head(1)
    primary = first["primary"].iloc[0]
    runs = first.assign(validation=float("nan"), undefined=f"validation/{primary}")
    (row,) = build_search_table(comparison._replace(record=record._replace(runs=runs))).rows
    assert row.texts["validation"] == "undefined"

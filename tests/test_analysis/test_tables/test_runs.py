"""The table of all runs and trials."""

import csv
import io

from analysis.comparing import Comparison
from analysis.tables import to_csv
from analysis.tables.runs import CSV_COLUMNS, build_runs_table


def test_every_run_and_trial_is_a_row_of_the_csv(comparison: Comparison) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(build_runs_table(comparison)))))
    runs = comparison.record.runs
    assert list(rows[0]) == list(CSV_COLUMNS)
    assert [row["key"] for row in rows] == list(runs["key"])
    assert [float(row["score"]) for row in rows] == list(runs["score"])
    assert {row["role"] for row in rows} == {"run", "trial"}


def test_a_reader_sees_rounded_scores_and_short_keys(comparison: Comparison) -> None:
    run = comparison.record.runs.iloc[0]
    texts = build_runs_table(comparison).rows[0].texts
    assert texts["score"] == f"{run['score']:.2f}"
    assert texts["key"] == run["key"][:12]


def test_a_run_without_a_score_is_a_dash_and_an_empty_cell(comparison: Comparison) -> None:
    record = comparison.record
    runs = record.runs.head(1).assign(score=float("nan"), code=None)
    table = build_runs_table(comparison._replace(record=record._replace(runs=runs)))
    assert table.rows[0].texts["score"] == "–"
    row = next(csv.DictReader(io.StringIO(to_csv(table))))
    assert (row["score"], row["code"]) == ("", "")


def test_an_undefined_score_is_called_so_and_named_in_the_csv(comparison: Comparison) -> None:
    record = comparison.record
    first = record.runs.head(1)
    primary = first["primary"].iloc[0]
    runs = first.assign(score=float("nan"), undefined=f"test/{primary} test/dice")
    table = build_runs_table(comparison._replace(record=record._replace(runs=runs)))
    texts = table.rows[0].texts
    assert (texts["score"], texts["validation"]) == ("undefined", f"{first['validation'].iloc[0]:.2f}")
    row = next(csv.DictReader(io.StringIO(to_csv(table))))
    assert (row["score"], row["undefined"]) == ("", f"test/{primary} test/dice")

"""The table of all runs and trials, one row each: the data behind every other table."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np

from ..comparing import Comparison
from .number_format import format_number
from .table import Column, Row, Table, Value

COLUMNS = (
    Column("setting", "setting"),
    Column("arm", "arm"),
    Column("seed", "seed", True),
    Column("state", "state"),
    Column("score", "test", True),
    Column("validation", "validation", True),
    Column("seconds", "seconds", True),
    Column("key", "key"),
)
CSV_COLUMNS = (
    "study",
    "role",
    "setting",
    "arm",
    "seed",
    "trial",
    "current",
    "state",
    "primary",
    "score",
    "validation",
    "undefined",
    "task",
    "dataset",
    "backbone",
    "decoder",
    "module",
    "options",
    "site",
    "width",
    "learning_rate",
    "epochs",
    "parameters",
    "macs",
    "seconds",
    "cpu_seconds",
    "peak_bytes",
    "code",
    "key",
)


def build_runs_table(comparison: Comparison) -> Table:
    """Build the table of runs and trials, current or not, in the store's order."""
    runs = comparison.record.runs
    rows = [_build_row(dict(zip(runs.columns, row, strict=True))) for row in runs.itertuples(index=False)]
    caption = "Scores in points; undefined where nothing of what is scored is in the split or predicted."
    return Table("runs", "All runs", caption, COLUMNS, tuple(rows))


def _build_row(run: dict[str, Any]) -> Row:
    values: dict[str, Value] = {name: _to_value(run[name]) for name in CSV_COLUMNS}
    texts = {
        "setting": run["setting"],
        "arm": run["arm"],
        "seed": str(run["seed"]),
        "state": run["state"],
        "score": format_score_of(run, "test", run["score"]),
        "validation": format_score_of(run, "validation", run["validation"]),
        "seconds": format_number(run["seconds"], 1),
        "key": run["key"][:12],
    }
    return Row(values, texts)


def format_score_of(run: dict[str, Any], split: str, score: float) -> str:
    """Return a run's score on a split, in points; `undefined` if the split does not define it, a dash without one."""
    is_undefined = f"{split}/{run['primary']}" in run["undefined"].split()
    return "undefined" if is_undefined else format_number(score, 2)


def _to_value(value: Any) -> Value:
    """Convert a value of the data frame to a Python type; None becomes NaN, an empty cell of the CSV."""
    if value is None or isinstance(value, (str, int)):
        return nan if value is None else value
    return int(value) if isinstance(value, np.integer) else float(value)

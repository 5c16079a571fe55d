"""All runs that are compared, one row each: the data behind every other table."""

from __future__ import annotations

from math import nan
from typing import Any

import numpy as np

from ..comparing import Comparison
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
RAW = (
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


def runs_table(comparison: Comparison) -> Table:
    """Runs and trials, current or not, as the store has them."""
    runs = comparison.recorded.runs
    rows = [_row(dict(zip(runs.columns, values, strict=True))) for values in runs.itertuples(index=False)]
    return Table("runs", "All runs", "Scores in points.", COLUMNS, tuple(rows))


def _row(run: dict[str, Any]) -> Row:
    raw: dict[str, Value] = {name: _value(run[name]) for name in RAW}
    shown = {
        "setting": run["setting"],
        "arm": run["arm"],
        "seed": str(run["seed"]),
        "state": run["state"],
        "score": _number(run["score"], 2),
        "validation": _number(run["validation"], 2),
        "seconds": _number(run["seconds"], 1),
        "key": run["key"][:12],
    }
    return Row(raw, shown)


def _value(value: Any) -> Value:
    if value is None or isinstance(value, (str, int)):
        return nan if value is None else value
    return int(value) if isinstance(value, np.integer) else float(value)


def _number(value: float, digits: int) -> str:
    return "–" if value != value else f"{value:.{digits}f}"

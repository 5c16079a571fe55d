"""The table of all search trials."""

from __future__ import annotations

import json
from typing import Any

from ..comparing import Comparison
from .runs import format_score_of
from .table import Column, Row, Table, Value

COLUMNS = (
    Column("setting", "setting"),
    Column("arm", "arm"),
    Column("trial", "trial", True),
    Column("options", "options"),
    Column("rate", "learning rate", True),
    Column("validation", "validation", True),
    Column("state", "state"),
)


def build_search_table(comparison: Comparison) -> Table:
    """Build the table of the search trials, best first within each setting and arm."""
    runs = comparison.record.runs
    trials = runs[runs["role"] == "trial"].sort_values(
        ["setting", "arm", "validation", "trial"], ascending=[True, True, False, True], kind="stable"
    )
    caption = (
        "Trials by validation score in points, best first; one seed each, for selection and not for verdicts."
    )
    names = list(trials.columns)
    rows = (_build_row(dict(zip(names, row, strict=True))) for row in trials.itertuples(index=False))
    return Table("search", "Search trials", caption, COLUMNS, tuple(rows))


def _build_row(trial: dict[str, Any]) -> Row:
    options = json.loads(trial["options"])
    labels = {name: trial[name] for name in ("setting", "arm")}
    values: dict[str, Value] = {
        **labels,
        "trial": int(trial["trial"]),
        **options,
        "learning_rate": float(trial["learning_rate"]),
        "validation": float(trial["validation"]),
        "state": trial["state"],
        "key": trial["key"],
    }
    texts = {
        **labels,
        "trial": str(int(trial["trial"])),
        "options": ", ".join(f"{k} {v}" for k, v in options.items()) or "–",
        "rate": f"{trial['learning_rate']:.4f}",
        "validation": format_score_of(trial, "validation", trial["validation"]),
        "state": trial["state"],
    }
    return Row(values, texts, block=f"{trial['setting']} {trial['arm']}")

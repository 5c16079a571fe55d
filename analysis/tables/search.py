"""Every trial of the search."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from ..comparing import Comparison
from .table import Column, Row, Table, Value


def search_table(comparison: Comparison) -> Table:
    """Every trial of the search, best first."""
    runs = comparison.recorded.runs
    trials = runs[runs["role"] == "trial"].sort_values(
        ["setting", "arm", "validation", "trial"], ascending=[True, True, False, True], kind="stable"
    )
    columns = (
        Column("setting", "setting"),
        Column("arm", "arm"),
        Column("trial", "trial", True),
        Column("options", "options"),
        Column("rate", "learning rate", True),
        Column("validation", "validation", True),
        Column("state", "state"),
    )
    text = "Trials by their validation score in points, best first; one seed each: to choose, not to judge."
    rows = (
        _trial_row(dict(zip(trials.columns, values, strict=True)))
        for values in trials.itertuples(index=False)
    )
    return Table("search", "Search trials", text, columns, tuple(rows))


def _trial_row(trial: dict[str, Any]) -> Row:
    options = json.loads(trial["options"])
    raw: dict[str, Value] = {
        **{name: trial[name] for name in ("setting", "arm")},
        "trial": int(trial["trial"]),
        **options,
        "learning_rate": float(trial["learning_rate"]),
        "validation": float(trial["validation"]),
        "state": trial["state"],
        "key": trial["key"],
    }
    shown = {
        "setting": trial["setting"],
        "arm": trial["arm"],
        "trial": str(int(trial["trial"])),
        "options": ", ".join(f"{k} {v}" for k, v in options.items()) or "–",
        "rate": f"{trial['learning_rate']:.4f}",
        "validation": "–" if np.isnan(trial["validation"]) else f"{trial['validation']:.2f}",
        "state": trial["state"],
    }
    return Row(raw, shown, part=f"{trial['setting']} {trial['arm']}")

"""Scores by class."""

from __future__ import annotations

from collections.abc import Iterator
from math import nan

import pandas as pd

from ..comparing import Comparison, Family
from ..comparing.sentences import signed
from .table import Column, Row, Table, Value


def class_table(comparison: Comparison) -> Table:
    """Mean score of each class and its paired difference from the baseline, for the arms of the main table."""
    main = comparison.main
    arms = list(dict.fromkeys((main.baseline, *main.arms)))
    columns = (
        Column("setting", "setting"),
        Column("class", "class"),
        Column("metric", "metric"),
        *(Column(f"arm {a}", a, True) for a in arms),
    )
    text = (
        f"{main.baseline}: mean over seeds, points; other arms: mean paired difference from it. No verdicts: too many "
        "comparisons for these seeds."
    )
    return Table("classes", "By class", text, columns, tuple(_class_rows(comparison, main, arms)))


def _class_rows(comparison: Comparison, main: Family, arms: list[str]) -> Iterator[Row]:
    runs = comparison.recorded.runs
    here = runs[(runs["role"] == "run") & runs["current"] & runs["arm"].isin(arms)].dropna(
        subset=["per_class"]
    )
    for setting in main.settings:
        part = here[here["setting"] == setting]
        if part.empty:
            continue
        described = part["per_class"].iloc[0]
        for place, name in enumerate(described["classes"]):
            values = [100 * nan_if_none(c["values"][place]) for c in part["per_class"]]
            table = pd.DataFrame({"arm": part["arm"], "seed": part["seed"], "value": values})
            yield _class_row(
                setting,
                str(name),
                described["name"],
                table.pivot(index="seed", columns="arm", values="value"),
                arms,
            )


def nan_if_none(value: float | None) -> float:
    return nan if value is None else float(value)


def _class_row(setting: str, name: str, metric: str, scores: pd.DataFrame, arms: list[str]) -> Row:
    base = arms[0]
    means = {a: float((scores[a] - scores[base]).mean()) for a in arms[1:] if a in scores and base in scores}
    level = float(scores[base].mean()) if base in scores else nan
    raw: dict[str, Value] = {"setting": setting, "class": name, "metric": metric, base: level, **means}
    shown = {
        "setting": setting,
        "class": name,
        "metric": metric,
        f"arm {base}": "–" if level != level else f"{level:.1f}",
    }
    return Row(raw, shown | {f"arm {a}": signed(m, 1) for a, m in means.items()}, part=setting)

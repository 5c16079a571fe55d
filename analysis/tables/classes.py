"""The table of scores by class."""

from __future__ import annotations

from collections.abc import Iterator
from math import isnan, nan

import pandas as pd

from ..comparing import Comparison, Family
from ..comparing.sentences import format_signed
from ..frames import POINTS
from .number_format import format_number
from .table import Column, Row, Table, Value

UNDEFINED = "undefined"


def build_class_table(comparison: Comparison) -> Table:
    """Build the table of the main family: the baseline's mean of each class, and the arms' differences from it."""
    main = comparison.main
    arms = list(dict.fromkeys((main.baseline, *main.arms)))
    columns = (
        Column("setting", "setting"),
        Column("class", "class"),
        Column("metric", "metric"),
        *(Column(f"arm {a}", a, True) for a in arms),
    )
    caption = (
        f"{main.baseline}: mean over seeds, points; other arms: mean paired difference from it. No verdicts: too many "
        "comparisons for these seeds. Undefined: no run has a score, since nothing of the class is in the test split."
    )
    return Table("classes", "By class", caption, columns, tuple(_build_rows(comparison, main, arms)))


def _build_rows(comparison: Comparison, main: Family, arms: list[str]) -> Iterator[Row]:
    runs = comparison.record.current_runs
    runs = runs[runs["arm"].isin(arms)].dropna(subset=["per_class"])
    for setting in main.settings:
        here = runs[runs["setting"] == setting]
        if here.empty:
            continue
        first = here["per_class"].iloc[0]
        for index, name in enumerate(first["classes"]):
            yield _build_row(setting, str(name), first["name"], _class_scores(here, index), arms)


def _class_scores(runs: pd.DataFrame, index: int) -> pd.DataFrame:
    """Return the scores of one class, seeds by arms, in points."""
    values = [POINTS * _number(scores["values"][index]) for scores in runs["per_class"]]
    table = pd.DataFrame({"arm": runs["arm"], "seed": runs["seed"], "value": values})
    return table.pivot(index="seed", columns="arm", values="value")


def _number(value: float | None) -> float:
    return nan if value is None else float(value)


def _build_row(setting: str, name: str, metric: str, scores: pd.DataFrame, arms: list[str]) -> Row:
    base = arms[0]
    means = {a: float((scores[a] - scores[base]).mean()) for a in arms[1:] if a in scores and base in scores}
    level = float(scores[base].mean()) if base in scores else nan
    labels = {"setting": setting, "class": name, "metric": metric}
    values: dict[str, Value] = {**labels, base: level, **means}
    texts = {
        **labels,
        f"arm {base}": UNDEFINED if base in scores and isnan(level) else format_number(level, 1),
        **{f"arm {arm}": UNDEFINED if isnan(mean) else format_signed(mean, 1) for arm, mean in means.items()},
    }
    return Row(values, texts, block=setting)

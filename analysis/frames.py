"""From the store to one tidy row a run. The only edge to `experiments`: records, read-only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml

from experiments import store as records
from user_error import UserError

POINTS = 100.0
NUMBERS = (
    "score",
    "validation",
    "parameters",
    "macs",
    "seconds",
    "cpu_seconds",
    "peak_bytes",
    "width",
    "learning_rate",
    "epochs",
    "trial",
    "generation",
    "latency_ms",
    "reliance",
)


class Study(NamedTuple):
    """A study as planned: its file's content, the comparisons it asks for, and its arms by label."""

    name: str
    spec: Mapping[str, Any]
    families: list[dict[str, Any]]
    arms: Mapping[str, Mapping[str, Any]]
    warnings: list[str]

    @property
    def margin(self) -> float:
        """Smallest difference that matters, in points."""
        return float(self.spec["margin"])

    @property
    def alpha(self) -> float:
        return float(self.spec.get("alpha", 0.05))

    @property
    def settings(self) -> list[str]:
        """In the study file's order."""
        return list(self.spec.get("settings", {}))


class Recorded(NamedTuple):
    """A study with its runs: `runs` has one row a cell of the plan (`tidy`), `curves` one a run and epoch."""

    study: Study
    runs: pd.DataFrame
    curves: pd.DataFrame
    folders: Mapping[str, Path]


def read(store_path: Path, name: str) -> Recorded:
    """Everything that analysis knows of a study. Raises UserError, one line, if it is not recorded."""
    store = records.open_store(store_path, readonly=True)
    try:
        row = store.study(name)
        study = Study(
            row.name,
            row.spec,
            [family.model_dump(mode="json") for family in row.families],
            {label: arm.model_dump(mode="json", exclude_unset=True) for label, arm in row.arms.items()},
            row.warnings,
        )
        runs = tidy(store.plan_rows(name))
        drawn = runs[(runs["role"] == "run") & runs["current"]]
        curves = _curves((key, store.curve(key)) for key in dict.fromkeys(drawn["key"]))
        folders = {str(key): store.folder(str(key)) for key in dict.fromkeys(drawn["key"])}
    finally:
        store.close()
    return Recorded(study, runs, curves, folders)


def study_name(text: str) -> str:
    """A study's name from what a user gives: the name itself, or the YAML file that was run."""
    path = Path(text)
    if path.suffix not in (".yaml", ".yml"):
        return text
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path}: cannot be read as a study file ({' '.join(str(error).split())})") from error
    return str(content.get("name", path.stem)) if isinstance(content, dict) else path.stem


def studies(store_path: Path) -> list[str]:
    """The names of the studies that a store has."""
    store = records.open_store(store_path, readonly=True)
    try:
        return store.studies()
    finally:
        store.close()


def tidy(rows: Iterable[records.PlanRow]) -> pd.DataFrame:
    """One row a cell of the plan; scores in points, NaN where a run has none; options as JSON."""
    frame = pd.DataFrame([_flat(row) for row in rows])
    if frame.empty:
        return pd.DataFrame(
            {name: pd.Series(dtype=object) for name in _EMPTY} | {"current": pd.Series(dtype=bool)}
        )
    for name in NUMBERS:
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype(np.float64)
    return frame


def _flat(row: records.PlanRow) -> dict[str, Any]:
    spec: dict[str, Any] = row.spec
    result: dict[str, Any] = row.result.content() if row.result else {}
    arm, recipe, provenance = spec.get("arm", {}), spec.get("recipe", {}), result.get("provenance") or {}
    primary = result.get("primary")
    return {
        "study": row.study,
        "role": row.role,
        "setting": row.setting,
        "arm": row.arm,
        "seed": row.seed,
        "trial": row.trial,
        "generation": row.generation,
        "current": row.current,
        "key": row.key,
        "state": row.state,
        "score": _points(result.get("metrics"), primary),
        "validation": _points(result.get("validation"), primary),
        "primary": primary,
        "metrics": result.get("metrics") or {},
        "per_class": result.get("per_class"),
        "task": spec.get("task"),
        "dataset": spec.get("dataset", {}).get("name"),
        "backbone": spec.get("backbone", {}).get("name"),
        "decoder": (spec.get("decoder") or {}).get("name"),
        "module": arm.get("module"),
        "options": _text(arm.get("options", {})),
        "site": arm.get("site"),
        "width": arm.get("width", 1.0),
        "trained_seed": spec.get("seed"),
        "learning_rate": recipe.get("learning_rate"),
        "epochs": recipe.get("epochs"),
        "recipe": _text(recipe),
        "parameters": result.get("parameters"),
        "macs": result.get("macs"),
        "latency_ms": (result.get("probes") or {}).get("latency_ms"),
        "reliance": (result.get("probes") or {}).get("reliance"),
        "probes": result.get("probes"),
        "artifacts": result.get("artifacts") or {},
        "plugs": result.get("plugs") or [],
        "seconds": result.get("seconds"),
        "cpu_seconds": result.get("cpu_seconds"),
        "peak_bytes": result.get("peak_bytes"),
        "backbone_hash": (result.get("hashes") or {}).get("backbone"),
        "data_hash": (result.get("hashes") or {}).get("data"),
        "code": _optional_text(result.get("code")),
        "identity": _optional_text(result.get("identity")),
        "provenance": provenance,
        "message": result.get("message") or "",
        "started": result.get("started"),
        "ended": result.get("ended"),
    }


def _points(metrics: Mapping[str, float | None] | None, primary: str | None) -> float:
    value = (metrics or {}).get(primary or "")
    return float("nan") if value is None else POINTS * value


def _text(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _optional_text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else _text(value)


def _curves(found: Iterable[tuple[str, list[tuple[int, dict[str, float]]]]]) -> pd.DataFrame:
    rows = [
        {"key": key, "epoch": epoch, "metric": name, "value": value}
        for key, curve in found
        for epoch, metrics in curve
        for name, value in metrics.items()
        if value is not None
    ]
    return pd.DataFrame(rows, columns=["key", "epoch", "metric", "value"])


def _empty_names() -> Iterator[str]:
    blank = records.PlanRow("", "run", "", "", 0, None, None, True, "", "planned", {}, None)
    yield from (name for name in _flat(blank) if name != "current")


_EMPTY = tuple(_empty_names())

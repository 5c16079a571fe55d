"""Read a study from the run store into data frames: one tidy row per run, one per run, epoch and metric.

The only module that reads from `experiments`, and it opens the store read-only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import yaml
from pydantic import BaseModel

from experiments.config.run_result import Hashes, Metrics, Probes, RunResult
from experiments.config.study_plan import Family, PlannedArm
from experiments.store import PlanRow, open_store
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
    """A study as planned: its file's content, its families of comparisons, and its arms by label."""

    name: str
    spec: Mapping[str, Any]
    families: list[Family]
    arms: Mapping[str, PlannedArm]
    warnings: list[str]
    codes: Mapping[str, str] = {}
    """Module -> digest of the code with which the study was last planned."""

    @property
    def margin(self) -> float:
        """Return the smallest difference that matters, in points."""
        return float(self.spec["margin"])

    @property
    def alpha(self) -> float:
        """Return the level of the tests."""
        return float(self.spec.get("alpha", 0.05))

    @property
    def settings(self) -> list[str]:
        """Return the settings' names in the order of the study file."""
        return list(self.spec.get("settings", {}))

    def arms_with_role(self, role: str) -> list[str]:
        """Return the labels of the arms that have this role, in the study's order."""
        return [label for label, arm in self.arms.items() if arm.role == role]


class StudyRecord(NamedTuple):
    """A study with its runs.

    `runs`: one row per cell of the plan (see `tidy`); `curves`: one row per run, epoch and metric; `folders`: the run
    folder of each key."""

    study: Study
    runs: pd.DataFrame
    curves: pd.DataFrame
    folders: Mapping[str, Path]

    @property
    def current_runs(self) -> pd.DataFrame:
        """Return the rows of the runs that the study file still asks for, without search trials."""
        return current_runs(self.runs)


def current_runs(runs: pd.DataFrame) -> pd.DataFrame:
    """Select the runs that the study file still asks for, without search trials."""
    return runs[(runs["role"] == "run") & runs["current"]]


def read(store_path: Path, name: str) -> StudyRecord:
    """Read a study and its runs. Raises UserError if the store or the study does not exist."""
    store = open_store(store_path, readonly=True)
    try:
        row = store.study(name)
        study = Study(row.name, row.spec, row.families, row.arms, row.warnings, row.codes)
        runs = tidy(store.plan_rows(name))
        keys = [str(key) for key in dict.fromkeys(current_runs(runs)["key"])]
        curves = _tidy_curves((key, store.curve(key)) for key in keys)
        folders = {key: store.folder(key) for key in keys}
    finally:
        store.close()
    return StudyRecord(study, runs, curves, folders)


def study_name(text: str) -> str:
    """Return a study's name, given the name or the YAML file that was run.

    Raises UserError for a file that cannot be read as YAML."""
    path = Path(text)
    if path.suffix not in (".yaml", ".yml"):
        return text
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UserError(f"{path}: cannot be read as a study file ({' '.join(str(error).split())})") from error
    return str(content.get("name", path.stem)) if isinstance(content, dict) else path.stem


def studies(store_path: Path) -> list[str]:
    """Return the names of the studies in a store. Raises UserError if there is no store."""
    store = open_store(store_path, readonly=True)
    try:
        return store.studies()
    finally:
        store.close()


def tidy(rows: Iterable[PlanRow]) -> pd.DataFrame:
    """Return one row per cell of the plan: scores in points, NaN for a run without one; options as JSON text.

    `undefined`: the metrics of a finished run that its splits do not define, such as 'test/iou'; empty without any."""
    frame = pd.DataFrame([_flatten(row) for row in rows])
    if frame.empty:
        return pd.DataFrame(
            {name: pd.Series(dtype=bool if name == "current" else object) for name in _COLUMNS}
        )
    for name in NUMBERS:
        frame[name] = pd.to_numeric(frame[name], errors="coerce").astype(np.float64)
    return frame


def _flatten(row: PlanRow) -> dict[str, Any]:
    result = row.result or _NO_RESULT
    return {**_plan_columns(row), **_score_columns(result), **_spec_columns(row.spec), **_run_columns(result)}


_NO_RESULT = RunResult(key="", state="finished", primary="", code="")


def _plan_columns(row: PlanRow) -> dict[str, Any]:
    names = ("study", "role", "setting", "arm", "seed", "trial", "generation", "current", "key", "state")
    return {name: getattr(row, name) for name in names}


def _score_columns(result: RunResult) -> dict[str, Any]:
    return {
        "score": _points(result.score("test")),
        "validation": _points(result.score("validation")),
        "primary": result.primary or None,
        "undefined": " ".join(result.undefined()),
        "metrics": result.metrics or {},
        "per_class": _content(result.per_class),
    }


def _spec_columns(spec: Mapping[str, Any]) -> dict[str, Any]:
    arm, recipe = spec.get("arm", {}), spec.get("recipe", {})
    return {
        "task": spec.get("task"),
        "dataset": spec.get("dataset", {}).get("name"),
        "backbone": spec.get("backbone", {}).get("name"),
        "decoder": (spec.get("decoder") or {}).get("name"),
        "module": arm.get("module"),
        "options": _to_json(arm.get("options", {})),
        "site": arm.get("site"),
        "width": arm.get("width", 1.0),
        "trained_seed": spec.get("seed"),
        "learning_rate": recipe.get("learning_rate"),
        "epochs": recipe.get("epochs"),
        "recipe": _to_json(recipe),
    }


def _run_columns(result: RunResult) -> dict[str, Any]:
    probes, hashes = result.probes or Probes(), result.hashes or Hashes()
    return {
        "parameters": result.parameters,
        "macs": result.macs,
        "latency_ms": probes.latency_ms,
        "reliance": probes.reliance,
        "probes": _content(result.probes),
        "artifacts": result.artifacts,
        "plugs": [_content(plug) for plug in result.plugs],
        "seconds": result.seconds,
        "cpu_seconds": result.cpu_seconds,
        "peak_bytes": result.peak_bytes,
        "backbone_hash": hashes.backbone or None,
        "data_hash": hashes.data or None,
        "code": result.code or None,
        "identity": None if result.identity is None else _to_json(result.identity),
        "provenance": result.provenance or {},
        "message": result.message,
        "warnings": tuple(result.warnings),
        "started": result.started,
        "ended": result.ended,
    }


def _content(part: BaseModel | None) -> dict[str, Any] | None:
    return None if part is None else part.model_dump(mode="json", exclude_unset=True)


def _points(score: float | None) -> float:
    return float("nan") if score is None else POINTS * score


def _to_json(value: object) -> str:
    return json.dumps(value, sort_keys=True)


def _tidy_curves(curves: Iterable[tuple[str, list[tuple[int, Metrics]]]]) -> pd.DataFrame:
    rows = [
        {"key": key, "epoch": epoch, "metric": name, "value": value}
        for key, curve in curves
        for epoch, metrics in curve
        for name, value in metrics.items()
        if value is not None
    ]
    return pd.DataFrame(rows, columns=["key", "epoch", "metric", "value"])


_COLUMNS = tuple(_flatten(PlanRow("", "run", "", "", 0, None, None, True, "", "planned", {}, None)))

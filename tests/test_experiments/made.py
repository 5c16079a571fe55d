"""Small studies, runs and records that the tests start from."""

import json
from pathlib import Path
from typing import Any

import yaml

from experiments.config.run_result import RunResult
from experiments.config.run_spec import (
    ArmSpec,
    BackboneSpec,
    DatasetSpec,
    DecoderSpec,
    RecipeSpec,
    RunSpec,
    StopRule,
    Task,
)
from experiments.config.study_spec import SettingSpec, StudySpec
from experiments.store import PlannedCell, StoreWriter, StudyRow, run_folder

NOW = "2026-01-01T00:00:00+00:00"
DIGITS: dict[str, bool | int | float | str] = {"train": 64, "validation": 32, "test": 48}
BACKBONE = BackboneSpec(name="resnet10t", args={"channels": [8, 8, 16, 16], "stem_width": 6})
DECODER = DecoderSpec(name="unet", args={"decoder_channels": [16, 8, 8, 6, 6]})
RECIPE = RecipeSpec(epochs=2, batch_size=16, learning_rate=0.05, momentum=0.9)

STUDY = """\
title: A small study
margin: 1.0
seeds: [0, 1]
settings:
  classification:
    task: classification
    dataset: {name: cluttered_digits, options: {train: 64, validation: 32, test: 48}}
    backbone: {name: resnet10t, args: {channels: [8, 8, 16, 16], stem_width: 4}}
    recipe: {epochs: 2, batch_size: 16, learning_rate: 0.05}
arms:
  none: {}
  scse: {module: scse, options: {kernel_size: 3}}
  cse: {module: cse}
  sse: {module: sse}
designs:
  - {kind: leave_one_out, full: scse, removed: {spatial gate: cse, channel gate: sse}}
search:
  trials: 4
  generation: 2
  learning_rates: {classification: {low: 0.01, high: 0.3}}
  arms: {none: {}, scse: {kernel_size: [1, 3], fusion: [add, max]}}
"""


def content() -> dict[str, Any]:
    """The small study as a YAML file's content."""
    loaded: dict[str, Any] = yaml.safe_load(STUDY)
    return {"name": "small", **loaded}


def study(**changes: Any) -> StudySpec:
    """The small study with some of its keys changed; None leaves a key out."""
    whole = {key: value for key, value in {**content(), **changes}.items() if value is not None}
    return StudySpec.model_validate(whole, strict=False)


def study_file(folder: Path, text: str = STUDY) -> Path:
    path = folder / "small.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def own_study(folder: Path, root: str, **more: str) -> Path:
    """The small study on a folder of images."""
    options = json.dumps({"root": root, **more})
    built_in = "{name: cluttered_digits, options: {train: 64, validation: 32, test: 48}}"
    text = STUDY.replace(built_in, f"{{name: image_folder, options: {options}}}").replace(
        "batch_size: 16", "batch_size: 8"
    )
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def setting(task: Task = "classification", **recipe: Any) -> SettingSpec:
    return SettingSpec(
        task=task,
        dataset=DatasetSpec(name="cluttered_digits", options=DIGITS),
        backbone=BACKBONE,
        decoder=DECODER if task == "segmentation" else None,
        recipe=RECIPE.model_copy(update=recipe),
    )


def run_spec(
    task: Task = "classification",
    *,
    arm: ArmSpec | None = None,
    seed: int = 0,
    stop: tuple[StopRule, ...] = (),
    **recipe: Any,
) -> RunSpec:
    """A run that trains in a second."""
    at = setting(task, **recipe)
    return RunSpec(
        task=task,
        dataset=at.dataset,
        backbone=at.backbone,
        decoder=at.decoder,
        arm=arm or ArmSpec(),
        recipe=at.recipe,
        seed=seed,
        stop=stop,
    )


def cell(spec: RunSpec, arm: str = "none", **place: Any) -> PlannedCell:
    found = {"role": "run", "setting": "classification", "seed": spec.seed, **place}
    return PlannedCell(arm=arm, key=spec.key, spec=spec.model_dump(mode="json"), **found)


def study_row(name: str = "small", **changes: Any) -> StudyRow:
    spec = study(name=name, **changes)
    arms = {label: arm.model_dump(mode="json") | {"paired": arm.paired} for label, arm in spec.arms.items()}
    return StudyRow.model_validate(
        {
            "name": name,
            "spec": spec.model_dump(mode="json"),
            "families": [],
            "arms": arms,
            "warnings": [],
            "resolved": {"dtypes": {}},
        }
    )


def outcome(spec: RunSpec, **changes: Any) -> RunResult:
    """The content of a finished run's result, before it is sealed."""
    metrics = {"accuracy": 0.75, "loss": 0.5, "ece": 0.1}
    content = {
        "key": spec.key,
        "state": "finished",
        "message": "",
        "primary": "accuracy",
        "metrics": metrics,
        "validation": {**metrics, "accuracy": 0.8},
        "parameters": 100,
        "macs": 1000,
        "seconds": 2.0,
        "cpu_seconds": 2.0,
        "code": "today",
        "curve": [[1, {"validation/accuracy": 0.7}]],
    }
    return RunResult.model_validate(content | changes)


def sealed(store: StoreWriter, spec: RunSpec, **changes: Any) -> RunResult:
    """A finished run's folder: predictions and a sealed result, as a worker leaves them."""
    folder = store.folder(spec.key)
    run_folder.write_whole(folder / run_folder.PREDICTIONS, b"predictions of " + spec.key.encode())
    return run_folder.seal(folder, outcome(spec, **changes))


def finish(store: StoreWriter, spec: RunSpec, **changes: Any) -> RunResult:
    """Record an attempt of the run, from its start to its result."""
    store.start_attempt(spec.key, now=NOW)
    result = sealed(store, spec, **changes)
    for epoch, metrics in result.curve:
        store.record_epoch(spec.key, epoch, metrics)
    store.end_attempt(spec.key, result.state, now=NOW, result=result)
    return result

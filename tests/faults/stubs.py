"""A study of stub runs, in this process or in one of its own."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

from experiments.cli import progress
from experiments.config.run_spec import BackboneSpec, DatasetSpec, RecipeSpec, RunSpec
from experiments.config.study_spec import SettingSpec, StudyArm, StudySpec
from experiments.orchestration.engines.local import LocalEngine
from experiments.orchestration.supervisor import LaunchOptions, Supervisor
from experiments.store import HAS_RESULT, PlannedCell, open_store, run_folder
from experiments.store.lock import SUPERVISOR, hold_lock
from experiments.tracking.sync_process import sync_in_background
from tests.faults.stub_work import EXECUTIONS
from tests.faults.suite import Account
from tests.sources import ROOT

NAME = "stubs"
PRELOAD = ("experiments.orchestration.engines.worker", "tests.faults.stub_work")
JOBS = {job: f"tests.faults.stub_work:{job}" for job in ("design", "train")}


def study(runs: int, *, seconds: float = 0.02, **more: Any) -> StudySpec:
    """So many runs that each take so many seconds of the processor."""
    setting = SettingSpec(
        task="classification",
        dataset=DatasetSpec(name="none"),
        backbone=BackboneSpec(name="none"),
        recipe=RecipeSpec(learning_rate=seconds, epochs=1),
    )
    return StudySpec(
        name=NAME,
        margin=1.0,
        seeds=tuple(range(runs)),
        settings={"stub": setting},
        arms={"none": StudyArm()},
        **more,
    )


def spec_of(whole: StudySpec, seed: int) -> RunSpec:
    setting = whole.settings["stub"]
    return RunSpec(
        task=setting.task,
        dataset=setting.dataset,
        backbone=setting.backbone,
        arm=StudyArm(),
        recipe=setting.recipe,
        seed=seed,
    )


def designed(text: str) -> dict[str, Any]:
    """The design's answer: the study's row and cells."""
    whole = StudySpec.model_validate_json(text)
    row = {
        "name": NAME,
        "spec": whole.model_dump(mode="json"),
        "arms": {"none": {"module": "none", "role": "arm"}},
        "resolved": {"dtypes": {}},
    }
    cells = [
        PlannedCell("run", "stub", "none", seed, spec.key, spec.model_dump(mode="json"))
        for seed in whole.seeds
        for spec in [spec_of(whole, seed)]
    ]
    return {"study": row, "cells": [cell._asdict() for cell in cells], "codes": {"none": "stub"}}


def supervised(
    path: Path, whole: StudySpec, *, workers: int, jobs: dict[str, str] = JOBS, tracked: bool = False
) -> float:
    """Run the study; seconds from the first run's start to the last one's end."""
    with (
        hold_lock(path / SUPERVISOR, on_wait=lambda who: print("waiting", flush=True)),
        closing(open_store(path)) as store,
    ):
        engine = LocalEngine(slots=workers, preload=PRELOAD)
        with (
            progress.Progress(store, NAME, workers=workers, console=progress.open_console()) as shown,
            sync_in_background(path, NAME, notify=shown.notify) if tracked else nullcontext(),
        ):
            supervisor = Supervisor(whole, store, engine, cache=path, notify=shown.notify, jobs=jobs)
            supervisor.plan(LaunchOptions(retry_failed=""))
            began = time.monotonic()
            supervisor.run(shown.refresh)
            spent = time.monotonic() - began
        engine.kill()
    return spent


def launch(
    path: Path, runs: int, *, workers: int, seconds: float = 0.02, wandb: Mapping[str, str] | None = None
) -> "subprocess.Popen[str]":
    """The study in a process of its own, the head of its own group."""
    words = [str(path), str(runs), str(workers), str(seconds), *(["tracked"] if wandb else [])]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults", *words],
        cwd=ROOT,
        start_new_session=True,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, "OMP_NUM_THREADS": "1", **(wandb or {})},
    )


def account(path: Path, undisturbed: Path) -> Account:
    """What the disturbed store has against the other: by the table, the folders, and the executions' own notes."""
    with (
        closing(open_store(path, readonly=True)) as ours,
        closing(open_store(undisturbed, readonly=True)) as theirs,
    ):
        keys = theirs.keys_with_prefix()
        lost = [key for key in keys if ours.state(key) != "finished" or run_folder.damage(ours.folder(key))]
        doubled = [key for key in keys if sum(one.state in HAS_RESULT for one in ours.attempts(key)) != 1]
        differing = [key for key in keys if ours.result(key) != theirs.result(key)]
    return Account(len(lost), len(doubled), len(differing))


def executions(path: Path) -> tuple[Counter[str], Counter[str]]:
    """How often each run, and each worker, came to its end."""
    lines = [line.split() for line in (path / EXECUTIONS).read_text().splitlines()]
    return Counter(key for key, _ in lines), Counter(worker for _, worker in lines)

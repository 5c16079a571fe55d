"""A run store with synthetic runs, written through the store's own functions in seconds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.config.run_result import RunResult
from experiments.store import PlannedCell, StoreWriter, StudyRow, open_store
from tests.test_analysis import synthetic_probes

CLOCK = "2026-01-02T03:04:05+00:00"
SETTINGS = {"classification": ("accuracy", 86.0), "segmentation": ("iou", 81.0)}


class Arm(NamedTuple):
    """An arm with its true effect and the sd of its own noise, in points."""

    effect: float
    role: str = "arm"
    module: str = "none"
    width: float = 1.0
    expect: str | None = None
    noise: float = 0.35
    extra: int = 0
    options: Mapping[str, Any] = {}


QUICK: dict[str, Arm] = {
    "none": Arm(0.0),
    "narrow": Arm(-4.0, "positive_control", width=0.67, expect="WORSE", extra=-160_000),
    "constant": Arm(0.05, "control", "constant_gate", extra=480),
    "cse": Arm(1.9, "arm", "cse", extra=11_000),
    "sse": Arm(0.4, "arm", "sse", extra=240, noise=1.1),
    "scse": Arm(
        2.4, "arm", "scse", extra=11_300, options={"reduction": 2, "kernel_size": 1, "fusion": "add"}
    ),
    "cbam": Arm(-0.1, "arm", "cbam", extra=1_900, noise=0.2),
    "none (tuned)": Arm(0.4, "tuned"),
    "scse (tuned)": Arm(2.9, "tuned", "scse", extra=11_500, options={"kernel_size": 5, "fusion": "max"}),
}
MAIN = ["narrow", "constant", "cse", "sse", "scse", "cbam"]


def plan_families(
    arms: Mapping[str, Arm] = QUICK, settings: Sequence[str] = tuple(SETTINGS)
) -> list[dict[str, Any]]:
    main = [a for a, arm in arms.items() if a != "none" and arm.role != "tuned"]
    described = [_family("main", "Arms against none", "none", main, settings)]
    if {"scse", "cse", "sse"} <= set(arms):
        described.append(
            _family("leave_one_out", "What scse loses without a half", "scse", ["cse", "sse"], settings)
        )
    if "scse (tuned)" in arms:
        described.append(
            _family("tuned", "Search winners on fresh seeds", "none (tuned)", ["scse (tuned)"], settings)
        )
    return described


def _family(role: str, title: str, baseline: str, arms: list[str], settings: Sequence[str]) -> dict[str, Any]:
    return {
        "name": role,
        "title": title,
        "baseline": baseline,
        "arms": arms,
        "settings": list(settings),
        "role": role,
    }


def make_study(
    path: Path,
    *,
    name: str = "made",
    arms: Mapping[str, Arm] = QUICK,
    seeds: int = 6,
    settings: Mapping[str, tuple[str, float]] = SETTINGS,
    trials: int = 8,
    margin: float = 1.0,
    epochs: int = 5,
    title: str = "Does a squeeze help on digits?",
    spread: float = 0.6,
) -> StoreWriter:
    """Write a finished study; every number follows from the names and seeds. The caller closes the store."""
    store = open_store(path)
    row, cells = _study(name, arms, seeds, settings, margin, title)
    store.save_study(row, cells)
    for cell in cells:
        finish_run(store, cell, arms[cell.arm], settings[cell.setting], epochs=epochs, spread=spread)
    store.add_cells(name, trial_cells := list(_trials(settings, trials)))
    for cell in trial_cells:
        finish_run(store, cell, _trial_arm(cell), settings[cell.setting], epochs=epochs, spread=spread)
    return store


def _study(
    name: str,
    arms: Mapping[str, Arm],
    seeds: int,
    settings: Mapping[str, tuple[str, float]],
    margin: float,
    title: str,
) -> tuple[StudyRow, list[PlannedCell]]:
    spec = {
        "name": name,
        "title": title,
        "question": "Which half of scSE does the work, and does either beat its placebo?",
        "margin": margin,
        "alpha": 0.05,
        "baseline": "none",
        "seeds": list(range(seeds)),
        "settings": {s: {"task": s.split("-")[0]} for s in settings},
    }
    described = {label: _arm_record(arm) for label, arm in arms.items()}
    row = StudyRow.model_validate(
        {"name": name, "spec": spec, "families": plan_families(arms, list(settings)), "arms": described}
    )
    cells = [
        PlannedCell("run", setting, label, seed, *_run_key(setting, arm, seed))
        for setting in settings
        for label, arm in arms.items()
        for seed in range(seeds)
    ]
    return row, cells


def _arm_record(arm: Arm) -> dict[str, Any]:
    paired = "weights" if arm.width == 1.0 else "data"
    return {
        "module": arm.module,
        "options": dict(arm.options),
        "site": "block",
        "width": arm.width,
        "role": arm.role,
        "expect": arm.expect,
        "paired": paired,
    }


def _run_key(setting: str, arm: Arm, seed: int, rate: float = 0.1) -> tuple[str, dict[str, Any]]:
    spec = {
        "version": 1,
        "task": setting.split("-")[0],
        "dataset": {"name": "cluttered_digits", "options": {}},
        "backbone": {"name": "resnet10t", "args": {}},
        "decoder": None,
        "arm": {"module": arm.module, "options": dict(arm.options), "site": "block", "width": arm.width},
        "recipe": {"epochs": 5, "learning_rate": rate, "dtype": "float32", "made": f"{setting} {arm.effect}"},
        "seed": seed,
    }
    return hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest(), spec


def _trials(settings: Mapping[str, tuple[str, float]], trials: int) -> list[PlannedCell]:
    kernels, fusions, reductions = (1, 3, 5, 7), ("add", "max", "mul", "gate"), (2, 4, 8, 16)
    rng = np.random.default_rng(11)
    cells = []
    for setting in settings:
        for number in range(trials):
            options = {
                "kernel_size": int(rng.choice(kernels)),
                "reduction": int(rng.choice(reductions)),
                "fusion": str(rng.choice(fusions)),
            }
            for label, module, picked in (("none", "none", {}), ("scse", "scse", options)):
                arm = Arm(0.0, "arm", module, options=picked)
                rate = 0.05 * (1 + number)
                cells.append(
                    PlannedCell(
                        "trial",
                        setting,
                        label,
                        1000,
                        *_run_key(setting, arm, 1000, rate),
                        number,
                        number // 3,
                    )
                )
    return cells


def _trial_arm(cell: PlannedCell) -> Arm:
    gain = 0.3 * cell.spec["arm"]["options"].get("kernel_size", 0)
    return Arm(gain, module=cell.spec["arm"]["module"], noise=0.8)


def finish_run(
    store: StoreWriter,
    cell: PlannedCell,
    arm: Arm,
    setting: tuple[str, float],
    *,
    epochs: int = 5,
    spread: float = 0.6,
    **changes: Any,
) -> None:
    """Record one run as finished, with its epochs and its result."""
    primary, level = setting
    shared = np.random.default_rng([cell.seed, len(cell.setting)]).normal(0, spread)
    own = np.random.default_rng(int(cell.key[:12], 16)).normal(0, arm.noise if cell.arm != "none" else 0.1)
    score = (level + shared + arm.effect + own) / 100
    store.start_attempt(cell.key, now=CLOCK)
    for epoch in range(1, epochs + 1):
        reached = score * (1 - 0.6 * 0.45**epoch)
        store.record_epoch(
            cell.key, epoch, {"train/loss": 2.0 * 0.6**epoch, f"validation/{primary}": reached}
        )
    result = _result(cell, arm, primary, score) | (
        _probe_record(store, cell, arm) if cell.role == "run" else {}
    )
    content = {"key": cell.key, "code": "today", **result, **changes}
    store.end_attempt(cell.key, "finished", now=CLOCK, result=RunResult.model_validate(content))


def _probe_record(store: StoreWriter, cell: PlannedCell, arm: Arm) -> dict[str, Any]:
    rng = np.random.default_rng(int(cell.key[12:24], 16))
    saved = synthetic_probes.save_probes(
        store.folder(cell.key) / "probes.npz", task=cell.setting.split("-")[0], module=arm.module, rng=rng
    )
    return {
        "probes": synthetic_probes.make_probes(arm.module, rng, slow=1 + arm.extra / 1e5),
        "artifacts": {"probes.npz": saved},
    }


def _result(cell: PlannedCell, arm: Arm, primary: str, score: float) -> dict[str, Any]:
    classes = [str(c) for c in range(10)] if primary == "accuracy" else ["background", "digit"]
    return {
        "state": "finished",
        "primary": primary,
        "metrics": {primary: score, "loss": 1.2 - score, "ece": 0.03},
        "validation": {primary: score - 0.004},
        "per_class": {
            "name": "recall",
            "classes": classes,
            "values": [score + 0.01 * i for i in range(len(classes))],
        },
        "parameters": 484_000 + arm.extra,
        "macs": 9_100_000 + 4 * arm.extra,
        "plugs": []
        if arm.module == "none"
        else [{"site": "layer1.0", "channels": 16, "effective": {"hidden": 8}}],
        "seconds": 8.0 + arm.extra / 1e5,
        "cpu_seconds": 7.9 + arm.extra / 1e4,
        "peak_bytes": 400_000_000,
        "hashes": {"initial": "a", "backbone": f"seed {cell.seed}", "data": "d" * 64},
        "identity": {"threads": 1, "torch": "2.13.0"},
        "provenance": {
            "commit": "c0ffee" + "0" * 34,
            "dirty": False,
            "lock": "beef" * 16,
            "python": "3.11.7",
            "versions": {"torch": "2.13.0", "timm": "1.0.31"},
            "cpu": "a made-up processor",
            "os": "Linux",
            "host": "abcdef123456",
        },
        "code": "digest-1",
        "artifacts": {},
        "started": CLOCK,
        "ended": CLOCK,
    }

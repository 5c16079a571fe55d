"""Who may load whom. Looked at from outside: what is in `sys.modules` once a module is imported."""

import functools
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from tests.sources import OURS, PACKAGES, ROOT, imports, modules

HEAVY = {"torch", "timm", "segmentation_models_pytorch", "wandb", "optuna"}
# One line a wing: its floor. An import goes to a lower floor, or stays inside the wing.
EXPERIMENTS = {
    "__main__": 8,
    "cli": 7,
    "orchestration": 6,
    "search": 5,
    "planning": 4,
    "run": 4,
    "training": 3,
    "models": 2,
    "tracking": 2,
    "reproducibility": 1,
    "store": 1,
    "config": 0,
}
ANALYSIS = {
    "__main__": 7,
    "cli": 6,
    "report": 5,
    "tables": 4,
    "figures": 4,
    "calibration": 4,
    "comparing": 3,
    "power": 2,
    "frames": 2,
    "published": 1,
    "parallel": 0,
    "statistics": 0,
}
WINGS = {"experiments": EXPERIMENTS, "analysis": ANALYSIS}

IMPORT_EACH = """
import importlib, json, sys
never, seen, loaded = set(json.loads(sys.argv[1])), set(), {}
for name in json.loads(sys.argv[2]):
    importlib.import_module(name)
    now = never & {module.split(".")[0] for module in sys.modules}
    loaded[name] = sorted(now - seen)
    seen |= now
print(json.dumps(loaded))
"""

RUN_MODULE = """
import runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
except SystemExit:
    pass
print("loaded:", *sorted({"torch", "timm", "pandas", "matplotlib", "wandb", "optuna"} & set(sys.modules)))
"""

BATCHES: Mapping[str, tuple[tuple[str, ...], set[str]]] = {
    "attention": (tuple(modules("attention")), HEAVY - {"torch"} | {"datasets", "experiments", "analysis"}),
    "datasets": (tuple(modules("datasets")), HEAVY - {"torch"} | {"attention", "experiments", "analysis"}),
    "analysis": (tuple(modules("analysis")), HEAVY | {"attention", "datasets"}),
    "store": (
        (*modules("experiments/config"), *modules("experiments/store"), *modules("experiments/tracking")),
        HEAVY | {"attention", "datasets", "analysis", "numpy"},
    ),
    "shell": (
        (*modules("experiments/cli"), "experiments.__main__"),
        HEAVY | {"attention", "datasets", "analysis", "numpy"},
    ),
    "supervisor": (
        tuple(f"experiments.orchestration.{name}" for name in ("supervisor", "engines.local", "gpu_slots")),
        HEAVY | {"attention", "datasets", "analysis", "numpy"},
    ),
}


def wing(name: str) -> str:
    """experiments.store.rows -> store"""
    return name.split(".")[1]


def edges(package: str) -> list[tuple[str, str]]:
    """Imports from one wing of a package to another."""
    return [
        (name, target)
        for name in modules(package)
        for target in imports(name)
        if name != package and target.startswith(f"{package}.") and wing(target) != wing(name)
    ]


def python(code: str, *arguments: str) -> str:
    """Standard output of a fresh interpreter, started at the root as our commands are."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@functools.cache
def newly_loaded(batch: str) -> dict[str, list[str]]:
    """For each module of a batch: what it was the first to load, of what the batch must never load."""
    names, never = BATCHES[batch]
    answer: dict[str, list[str]] = json.loads(
        python(IMPORT_EACH, json.dumps(sorted(never)), json.dumps(names)).splitlines()[-1]
    )
    return answer


@pytest.mark.parametrize("package", PACKAGES)
def test_every_folder_with_python_files_is_a_package(package: str) -> None:
    folders = {path.parent for path in (ROOT / package).rglob("*.py")}
    assert ROOT / package in folders
    assert [folder for folder in sorted(folders) if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize(
    ("batch", "name"), [(batch, name) for batch in BATCHES for name in BATCHES[batch][0]]
)
def test_a_module_loads_nothing_from_above_its_floor(batch: str, name: str) -> None:
    assert newly_loaded(batch)[name] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("experiments", "--help"),
        ("experiments", "run", "--help"),
        ("experiments", "status", "--store"),
        ("analysis", "--help"),
    ],
    ids=" ".join,
)
def test_help_and_status_load_nothing_heavy(arguments: tuple[str, ...], tmp_path: Path) -> None:
    if arguments[-1] == "--store":
        arguments = (*arguments, str(tmp_path))
    assert python(RUN_MODULE, *arguments).splitlines()[-1].split() == ["loaded:"]


def test_analysis_reaches_experiments_by_its_records_alone() -> None:
    edges = {
        (name, target)
        for name in modules("analysis")
        for target in imports(name)
        if target.split(".")[0] == "experiments"
    }
    assert {wing(target) for _, target in edges} <= {"store", "config"}, sorted(edges)


def test_nothing_below_reaches_into_analysis() -> None:
    below = [name for name in OURS if name.split(".")[0] != "analysis"]
    assert [name for name in below for target in imports(name) if target.split(".")[0] == "analysis"] == []


@pytest.mark.parametrize("package", WINGS)
def test_every_file_belongs_to_a_wing(package: str) -> None:
    assert [name for name in modules(package) if name != package and wing(name) not in WINGS[package]] == []


@pytest.mark.parametrize("package", WINGS)
def test_imports_between_wings_go_down(package: str) -> None:
    floors = WINGS[package]
    arrows = {(wing(name), wing(target)) for name, target in edges(package)}
    assert [(one, other) for one, other in sorted(arrows) if floors[other] >= floors[one]] == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    graph = {
        name: {target for target in imports(name) if target in OURS} - {name} for name in modules(package)
    }
    assert list(TopologicalSorter(graph).static_order())

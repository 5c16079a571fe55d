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
# The floor of every module that DESIGN.md places; an import goes down or stays level, never up.
FLOORS = {
    0: ("config", "store"),
    1: ("design", "modeling", "optimising", "tasks", "training", "probing", "tracking"),
    2: ("running", "searching", "engines"),
    3: ("reproducing",),
    4: ("__main__",),
}
FLOOR = {f"experiments.{name}": floor for floor, names in FLOORS.items() for name in names} | {
    "analysis.statistics": 0,
    "analysis.frames": 1,
    "analysis.comparing": 2,
    "analysis.tables": 3,
    "analysis.figures": 3,
    "analysis.report": 4,
    "analysis.__main__": 5,
}

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
        ("experiments.config.study_file", "experiments.store", "experiments.__main__"),
        HEAVY | {"attention", "datasets", "analysis", "numpy"},
    ),
    "supervisor": (
        tuple(
            f"experiments.{name}"
            for name in ("commands", "supervising", "forecasting", "follower", "engines.local")
        ),
        HEAVY | {"attention", "datasets", "analysis", "numpy"},
    ),
}


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
    assert {target for _, target in edges} <= {"experiments.store", "experiments.config.run_spec"}, sorted(
        edges
    )


def test_nothing_below_reaches_into_analysis() -> None:
    below = [name for name in OURS if name.split(".")[0] != "analysis"]
    assert [name for name in below for target in imports(name) if target.split(".")[0] == "analysis"] == []


def test_no_import_goes_up_a_floor() -> None:
    def floor(name: str) -> int | None:
        return FLOOR.get(".".join(name.split(".")[:2]))

    upward = [
        f"{name} (floor {here}) imports {target} (floor {there})"
        for name in OURS
        for target in imports(name)
        if (here := floor(name)) is not None and (there := floor(target)) is not None
        if there > here and name.split(".")[0] == target.split(".")[0]
    ]
    assert upward == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_modules_import_each_other_in_a_circle(package: str) -> None:
    graph = {
        name: {target for target in imports(name) if target in OURS} - {name} for name in modules(package)
    }
    assert list(TopologicalSorter(graph).static_order())

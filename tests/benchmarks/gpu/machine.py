"""The machine: card, driver, versions, commit, and which packages are missing or of another version than locked."""

import importlib.metadata
import os
import platform
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import torch

from tests.benchmarks.gpu.report import Report, Setup

ROOT = Path(__file__).parents[3]
NEEDED = (
    "alembic",
    "colorlog",
    "hypothesis",
    "jinja2",
    "matplotlib",
    "numpy",
    "optuna",
    "pandas",
    "pydantic",
    "pytest",
    "pyyaml",
    "rich",
    "safetensors",
    "scikit-learn",
    "scipy",
    "seaborn",
    "segmentation-models-pytorch",
    "sqlalchemy",
    "timm",
    "torch",
    "torchvision",
    "tqdm",
    "wandb",
)


def measure(setup: Setup, report: Report) -> None:
    report.header("what", "found")
    for name, value in facts(setup):
        report.row(name, value)
    locked, found = locked_versions(), installed_versions()
    missing = [name for name in NEEDED if found[name] is None]
    others = [
        f"{name} {found[name]} (locked: {' or '.join(locked[name])})"
        for name in NEEDED
        if differs(name, locked, found)
    ]
    report.row("packages of another version than the lock's", ", ".join(others) or "none")
    report.row("packages that are missing", ", ".join(missing) or "none")
    if missing:
        report.fault(f"missing packages (give their wheels in ABLATION_WHEELS): {', '.join(missing)}")


def facts(setup: Setup) -> Iterator[tuple[str, str]]:
    """Yield the name and value of all that identifies the machine and the code."""
    yield "commit", commit()
    yield "Python", platform.python_version()
    yield "torch", torch.__version__
    yield "CPU cores", str(len(os.sched_getaffinity(0)))
    if not setup.on_card:
        yield "card", "needs a card"
        return
    properties = torch.cuda.get_device_properties(setup.device)
    yield "card", f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB"
    yield "compute capability", f"{properties.major}.{properties.minor}"
    yield "driver", answer("nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader") or "unknown"
    yield "CUDA of torch", str(torch.version.cuda)
    yield "cuDNN", str(torch.backends.cudnn.version())  # type: ignore[no-untyped-call]


def commit() -> str:
    """Return the commit that ABLATION_COMMIT names, else the checkout's, and which of the two it is."""
    named = os.environ.get("ABLATION_COMMIT", "").strip()
    if named:
        return f"{named} (ABLATION_COMMIT)"
    head = answer("git", "rev-parse", "HEAD")
    if not head:
        return "unknown"
    changed = answer("git", "status", "--porcelain", "--untracked-files=no")
    return f"{head} (git, with uncommitted changes)" if changed else f"{head} (git)"


def answer(*command: str) -> str:
    """Return what a command prints, or nothing if it is not there or fails."""
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def locked_versions() -> dict[str, list[str]]:
    """Return the versions of every package in the lock file, which may have one for each version of Python."""
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, flags=re.MULTILINE):
        versions.setdefault(name, []).append(version)
    return versions


def installed_versions() -> dict[str, str | None]:
    """Return the version of each needed package, None where it is missing."""
    return {name: _version(name) for name in NEEDED}


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def differs(name: str, locked: Mapping[str, Sequence[str]], found: Mapping[str, str | None]) -> bool:
    """Whether a package is there in another version than the lock's; what follows a + names a build only."""
    version = found[name]
    return version is not None and name in locked and version.partition("+")[0] not in locked[name]

"""Where a result comes from: machine, versions, commit; and the numeric identity that decides its bits."""

import functools
import hashlib
import importlib.metadata
import json
import os
import platform
import socket
import subprocess
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from ..config.paths import ROOT
from ..config.run_result import JsonObject
from ..config.run_spec import RunSpec

LOCK = ROOT / "requirements.lock"
PACKAGES = (
    "torch",
    "torchvision",
    "timm",
    "segmentation-models-pytorch",
    "numpy",
    "scikit-learn",
    "optuna",
    "wandb",
)
TRACKED_PATHS = ("attention", "datasets", "experiments", "requirements.lock")
VARIABLES = ("CUDA_VISIBLE_DEVICES", "PYTHONHASHSEED")
PREFIXES = ("OMP_", "MKL_", "CUBLAS_", "TORCH_", "ATEN_", "ONEDNN_")
NUMERIC_VARIABLES = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_CBWR", "CUBLAS_WORKSPACE_CONFIG")


def numeric_identity(spec: RunSpec, device: Mapping[str, Any]) -> JsonObject:
    """Everything besides the spec that may change a result's bits. Equal identity and spec: equal bits.

    `device`: what the run's device says of itself.
    """
    import torch

    identity: JsonObject = {
        "capability": torch.backends.cpu.get_cpu_capability(),
        "instructions": _instructions(),
        "threads": torch.get_num_threads(),
        "dtype": spec.recipe.dtype,
        "memory_format": spec.recipe.memory_format,
        "torch": torch.__version__,
        "timm": importlib.metadata.version("timm"),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }
    return (
        identity | dict(device) | {name: os.environ[name] for name in NUMERIC_VARIABLES if name in os.environ}
    )


@functools.cache
def _instructions() -> str:
    """Hash of the processor's instruction-set flags: libraries choose their kernels by them."""
    lines = _read("/proc/cpuinfo").splitlines()
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), platform.machine())
    return hashlib.sha256(" ".join(sorted(flags.split())).encode()).hexdigest()[:12]


def identity_key(identity: Mapping[str, Any]) -> str:
    """One hash of all that may change bits: equal keys promise equal bits."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


@functools.cache
def provenance() -> JsonObject:
    """Commit, lock, versions and machine, without names of people or hosts (the host is hashed).

    Remembered: what a process has imported is what it runs, whatever is committed meanwhile.
    """
    return {
        "commit": _git("rev-parse", "HEAD"),
        "tree": _git("rev-parse", "HEAD^{tree}"),
        "dirty": bool(uncommitted_changes()),
        "lock": hashlib.sha256(LOCK.read_bytes()).hexdigest() if LOCK.exists() else None,
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "os": platform.platform(),
        "cpu": _processor(),
        "host": hashlib.sha256(socket.gethostname().encode()).hexdigest()[:12],
    }


@functools.cache
def uncommitted_changes() -> str:
    """What differs from the commit in tracked files that decide results, as a patch; empty where nothing does."""
    text = _git("diff", "HEAD", "--", *TRACKED_PATHS) or ""
    return text + "\n" if text else ""


@functools.cache
def distributions() -> dict[str, str]:
    """Every installed distribution's version."""
    found = {one.metadata["Name"]: one.version for one in importlib.metadata.distributions()}
    return dict(sorted(found.items(), key=lambda pair: pair[0].lower()))


def accelerators() -> JsonObject:
    """Graphics cards, and the versions of what drives them; empty without."""
    import torch

    if not torch.cuda.is_available():
        return {}
    return {
        "cards": [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())],
        "cuda": torch.version.cuda,
        "cudnn": [f"{name} {version}" for name, version in distributions().items() if "cudnn" in name],
        "driver": _read("/proc/driver/nvidia/version").partition("\n")[0],
    }


def environment() -> dict[str, str]:
    """The variables that numeric libraries read, by name: nothing else of the environment is ever recorded."""
    return {
        name: without_home(value)
        for name, value in sorted(os.environ.items())
        if name in VARIABLES or name.startswith(PREFIXES)
    }


def without_home(text: str) -> str:
    """The text with the user's home folder as ~."""
    home = str(Path.home())
    return text.replace(home, "~") if len(home) > 1 else text


def _git(*words: str) -> str | None:
    """What git says of the repository; None where there is no git or no repository."""
    try:
        done = subprocess.run(
            ("git", *words), cwd=ROOT, capture_output=True, text=True, check=True, timeout=20
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


def _processor() -> str:
    lines = _read("/proc/cpuinfo").splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


MAX_WARNINGS, MAX_LENGTH = 20, 300


@contextmanager
def capture_warnings() -> Iterator[list[str]]:
    """Each warning's text once, at most 20 of them; all are shown as before, so they are in the log as well."""
    found: list[str] = []
    with warnings.catch_warnings():
        show = warnings.showwarning

        def keep(
            message: Warning | str,
            category: type[Warning],
            filename: str,
            lineno: int,
            file: TextIO | None = None,
            line: str | None = None,
        ) -> None:
            text = without_home(f"{category.__name__}: {' '.join(str(message).split())}")[:MAX_LENGTH]
            if text not in found and len(found) < MAX_WARNINGS:
                found.append(text)
            show(message, category, filename, lineno, file, line)

        warnings.showwarning = keep
        yield found

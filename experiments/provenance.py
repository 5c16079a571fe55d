"""Where a result comes from: machine, versions, commit; and the numeric identity that decides its bits."""

import functools
import hashlib
import importlib.metadata
import os
import platform
import socket
import subprocess
from pathlib import Path
from typing import Any

from .spec import RunSpec

ROOT = Path(__file__).resolve().parent.parent
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
NUMERIC_VARIABLES = ("ATEN_CPU_CAPABILITY", "ONEDNN_MAX_CPU_ISA", "MKL_CBWR", "CUBLAS_WORKSPACE_CONFIG")


def numeric_identity(spec: RunSpec) -> dict[str, Any]:
    """Everything besides the spec that may change a result's bits. Equal identity and spec: equal bits."""
    import torch

    identity = {
        "device": "cpu",
        "capability": torch.backends.cpu.get_cpu_capability(),
        "instructions": _instructions(),
        "threads": torch.get_num_threads(),
        "dtype": spec.recipe.dtype,
        "memory_format": spec.recipe.memory_format,
        "torch": torch.__version__,
        "timm": importlib.metadata.version("timm"),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
    }
    return identity | {name: os.environ[name] for name in NUMERIC_VARIABLES if name in os.environ}


@functools.cache
def _instructions() -> str:
    """Hash of the processor's instruction-set flags: libraries choose their kernels by them."""
    lines = _read("/proc/cpuinfo").splitlines()
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), platform.machine())
    return hashlib.sha256(" ".join(sorted(flags.split())).encode()).hexdigest()[:12]


@functools.cache
def provenance() -> dict[str, Any]:
    """Commit, lock, versions and machine, without names of people or hosts (the host is hashed)."""
    return {
        "commit": _git("rev-parse", "HEAD"),
        "dirty": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "lock": hashlib.sha256(LOCK.read_bytes()).hexdigest() if LOCK.exists() else None,
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
        "python": platform.python_version(),
        "os": platform.platform(),
        "cpu": _processor(),
        "host": hashlib.sha256(socket.gethostname().encode()).hexdigest()[:12],
    }


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

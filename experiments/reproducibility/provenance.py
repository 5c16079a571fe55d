"""Where a result comes from: machine, versions, commit; and the numeric identity, on which its bits depend."""

import functools
import hashlib
import importlib.metadata
import json
import os
import platform
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
    """Return everything besides the spec that may change the bits of a result; equal values give equal bits.

    device: the identity of the run's device (`run.devices.Device.identity`).
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
    """Hash the CPU's instruction-set flags, by which libraries choose their kernels."""
    lines = _read("/proc/cpuinfo").splitlines()
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), platform.machine())
    return hashlib.sha256(" ".join(sorted(flags.split())).encode()).hexdigest()[:12]


def identity_key(identity: Mapping[str, Any]) -> str:
    """Hash a numeric identity to 16 hexadecimal characters; equal keys mean equal bits."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


@functools.cache
def provenance() -> JsonObject:
    """Return commit, lock file, versions and machine, without names of people or hosts (the host name is hashed).

    Cached: a process runs the code that it has imported, whatever is committed meanwhile.
    """
    return {
        "commit": _git("rev-parse", "HEAD"),
        "tree": _git("rev-parse", "HEAD^{tree}"),
        "dirty": bool(uncommitted_changes()),
        "lock": hashlib.sha256(LOCK.read_bytes()).hexdigest() if LOCK.exists() else None,
        "versions": {name: version for name in PACKAGES if (version := _version(name))},
        "python": platform.python_version(),
        "os": platform.platform(),
        "cpu": _processor(),
        "host": hashlib.sha256(socket.gethostname().encode()).hexdigest()[:12],
    }


@functools.cache
def uncommitted_changes() -> str:
    """Return the uncommitted changes in the tracked files that decide results, as a patch; empty if there are none."""
    text = _git("diff", "HEAD", "--", *TRACKED_PATHS) or ""
    return text + "\n" if text else ""


@functools.cache
def distributions() -> dict[str, str]:
    """Return the version of every installed distribution, sorted by name; those with damaged metadata are left out."""
    named = ((each.metadata["Name"], each.version) for each in importlib.metadata.distributions())
    versions = {str(name): str(version) for name, version in named if name and version}
    return dict(sorted(versions.items(), key=lambda pair: pair[0].lower()))


def _version(name: str) -> str | None:
    """Return the version of an installed distribution; None if there is none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def accelerators() -> JsonObject:
    """Return the GPUs and the versions of CUDA, cuDNN and driver; an empty dictionary without a GPU."""
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
    """Return the environment variables that numeric libraries read; nothing else of the environment is recorded."""
    return {
        name: without_home(value)
        for name, value in sorted(os.environ.items())
        if name in VARIABLES or name.startswith(PREFIXES)
    }


def without_home(text: str) -> str:
    """Replace the user's home folder in a text by ~; a user without a home folder has none to replace."""
    try:
        home = str(Path.home())
    except RuntimeError:
        return text
    return text.replace(home, "~") if len(home) > 1 else text


def _git(*words: str) -> str | None:
    """Run git in the repository and return its output; None without git or without a repository."""
    try:
        process = subprocess.run(
            ("git", *words),
            cwd=ROOT,
            capture_output=True,
            encoding="utf-8",
            errors="backslashreplace",  # a changed file may have another encoding
            check=True,
            timeout=20,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return process.stdout.strip()


def _processor() -> str:
    """Return the CPU's model name."""
    lines = _read("/proc/cpuinfo").splitlines()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _read(path: str) -> str:
    """Read a file; an empty text if that fails."""
    try:
        return Path(path).read_text()
    except OSError:
        return ""

"""Arrays that are costly to make, made once, kept as .npy files and mapped by every process that wants them.

A folder is complete or absent: it is written beside its place, flushed to the disk and renamed. Its manifest
holds the SHA-256 of each file, checked at every load; what does not match is made again. A lock lets one
process make it while the others wait, and is released with its process.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
MANIFEST = "manifest.json"


class Stored(NamedTuple):
    """Arrays mapped from the disk (private copy on write) and the SHA-256 of each one's file."""

    arrays: dict[str, Array]
    hashes: dict[str, str]


def fetch(folder: Path, make: Callable[[], Mapping[str, Array]], *, names: Sequence[str]) -> Stored:
    """The arrays `names` of `folder`; `make` gives all of its arrays when it is not there or is damaged."""
    stored = _read(folder, names)
    if stored is not None:
        return stored
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(folder):
        stored = _read(folder, names)
        if stored is None:
            _replace(folder, make())
            stored = _read(folder, names)
    if stored is None:
        raise OSError(f"{folder}: what was just written does not read back; is the disk failing?")
    return stored


def digest(parts: Mapping[str, str]) -> str:
    """SHA-256 over names and texts, whatever their order."""
    return hashlib.sha256(json.dumps(dict(parts), sort_keys=True).encode()).hexdigest()


def _read(folder: Path, names: Sequence[str]) -> Stored | None:
    """None where a file is missing, is not what the manifest says, or was taken away while it was read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        hashes = {name: str(manifest[name]) for name in names}
        if any(_sha256(folder / f"{name}.npy") != hashes[name] for name in names):
            return None
        return Stored({name: np.load(folder / f"{name}.npy", mmap_mode="c") for name in names}, hashes)
    except (FileNotFoundError, NotADirectoryError, KeyError, TypeError, ValueError):
        return None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    with folder.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _replace(folder: Path, arrays: Mapping[str, Array]) -> None:
    """Put a new folder in the place of the old one. Under the lock, so what lies about is from the dead."""
    for left in folder.parent.glob(f"{folder.name}.*.partial"):
        shutil.rmtree(left)
    made = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".partial", dir=folder.parent))
    made.chmod(0o755)
    hashes = {name: _write(made / f"{name}.npy", array) for name, array in arrays.items()}
    with (made / MANIFEST).open("w") as file:
        json.dump(hashes, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    _flush(made)
    if folder.exists():
        shutil.rmtree(folder)
    made.rename(folder)
    _flush(folder.parent)


def _write(path: Path, array: Array) -> str:
    with path.open("wb") as file:
        np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return _sha256(path)


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

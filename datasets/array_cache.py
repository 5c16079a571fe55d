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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from user_error import UserError

Array = NDArray[Any]
MANIFEST = "manifest.json"
LIMIT = "ABLATION_CACHE_LIMIT"
DEFAULT_LIMIT = 20.0
"""GB (1e9 bytes) of decoded data that the cache may hold, unless the variable says another number."""
SPARE = 500_000_000
"""Bytes that are left free on the disk."""
LARGE = 256_000_000
"""Bytes from which a file that was found sound is hashed again only when its size, time or inode has changed."""


class Stored(NamedTuple):
    """Arrays mapped from the disk (private copy on write) and the SHA-256 of each one's file."""

    arrays: dict[str, Array]
    hashes: dict[str, str]


class Parts(NamedTuple):
    """An array too large for the memory, given in parts along its first axis."""

    shape: tuple[int, ...]
    dtype: DTypeLike
    parts: Iterable[Array]


Made = Mapping[str, Array | Parts]


def fetch(folder: Path, make: Callable[[], Made], *, names: Sequence[str]) -> Stored:
    """The arrays `names` of `folder`; `make` gives all of its arrays when it is not there or is damaged.

    Raises OSError where it must be made and cannot be written.
    """
    stored = found(folder, names=names)
    if stored is not None:
        return stored
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _only_one(folder):
        stored = found(folder, names=names)
        if stored is None:
            _replace(folder, make())
            stored = found(folder, names=names)
    if stored is None:
        raise OSError(f"{folder}: what was just written does not read back; is the disk failing?")
    return stored


def digest(parts: Mapping[str, str]) -> str:
    """SHA-256 over names and texts, whatever their order."""
    return hashlib.sha256(json.dumps(dict(parts), sort_keys=True).encode()).hexdigest()


def no_room(cache: Path, wanted: int) -> str | None:
    """Why `wanted` more bytes do not fit in the cache, in words; None where they do.

    Raises UserError for a limit that is no number.
    """
    limit = _limit() * 1e9
    used = sum(path.stat().st_size for path in cache.rglob("*.npy")) if cache.exists() else 0
    if used + wanted > limit:
        both = f"{wanted / 1e9:.1f} GB beside the {used / 1e9:.1f} GB in the cache"
        return f"{both} pass its limit of {limit / 1e9:g} GB ({LIMIT})"
    above = next(folder for folder in (cache, *cache.parents) if folder.exists())
    free = shutil.disk_usage(above).free
    if wanted + SPARE > free:
        unit, size = ("GB", 1e9) if wanted >= 1e9 else ("MB", 1e6)
        spare = f"{SPARE / size:g} {unit} are always left"
        return (
            f"{wanted / size:.3g} {unit} are wanted, {free / size:.3g} {unit} of its disk are free, {spare}"
        )
    return None


def _limit() -> float:
    given = os.environ.get(LIMIT, "")
    try:
        limit = float(given or DEFAULT_LIMIT)
    except ValueError:
        limit = -1.0
    if not limit >= 0:
        raise UserError(f"{LIMIT}: {given!r} is no number of GB")
    return limit


def found(folder: Path, *, names: Sequence[str]) -> Stored | None:
    """The arrays; None where a file is missing, not what the manifest says, or taken away while it was read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        hashes = {name: str(manifest[name]) for name in names}
        if not all(_sound(folder / f"{name}.npy", hashes[name]) for name in names):
            return None
        return Stored({name: _mapped(folder / f"{name}.npy") for name in names}, hashes)
    except (FileNotFoundError, NotADirectoryError, KeyError, TypeError, ValueError):
        return None


def _mapped(path: Path) -> Array:
    array: Array = np.load(path, mmap_mode="c", allow_pickle=False)
    return array


def _sound(path: Path, expected: str) -> bool:
    about = path.stat()
    state = f"{expected} {about.st_size} {about.st_mtime_ns} {about.st_ino}"
    seen = path.with_suffix(".seen")
    if about.st_size >= LARGE and seen.exists() and seen.read_text() == state:
        return True
    if _sha256(path) != expected:
        return False
    if about.st_size >= LARGE:
        with suppress(OSError):  # a cache that cannot be written to is hashed every time
            seen.write_text(state)
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    with folder.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _replace(folder: Path, arrays: Made) -> None:
    """Put a new folder in the place of the old one. Under the lock, so what lies about is from the dead."""
    for left in folder.parent.glob(f"{folder.name}.*.partial"):
        shutil.rmtree(left)
    made = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".partial", dir=folder.parent))
    try:
        _fill(made, arrays)
        if folder.exists():
            shutil.rmtree(folder)
        made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)  # a full disk is not left fuller
        raise
    _flush(folder.parent)


def _fill(folder: Path, arrays: Made) -> None:
    folder.chmod(0o755)
    hashes = {name: _write(folder / f"{name}.npy", array) for name, array in arrays.items()}
    with (folder / MANIFEST).open("w") as file:
        json.dump(hashes, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    _flush(folder)


def _write(path: Path, array: Array | Parts) -> str:
    with path.open("wb") as file:
        if isinstance(array, Parts):
            _write_parts(file, array)
        else:
            np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return _sha256(path)


def _write_parts(file: IO[bytes], array: Parts) -> None:
    """By writing, not by mapping: on a full disk that is an error, where a mapped page would kill the process."""
    dtype = np.dtype(array.dtype)
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": array.shape}
    np.lib.format.write_array_header_1_0(file, header)
    rows = 0
    for part in array.parts:
        file.write(np.ascontiguousarray(part, dtype).tobytes())
        rows += len(part)
    if rows != array.shape[0]:
        raise UserError(f"{rows} rows were made, {array.shape[0]} announced")


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

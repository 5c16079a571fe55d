"""A cache of arrays that are costly to make: made once, kept as .npy files and memory-mapped by every process.

A folder is complete or absent: it is written under a temporary name, flushed to disk and renamed. Its manifest
holds the SHA-256 of each file, checked at every load; a folder that does not match is made again. A lock lets one
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
LIMIT_VARIABLE = "ABLATION_CACHE_LIMIT"
DEFAULT_LIMIT = 20.0
"""GB (1e9 bytes) of decoded data that the cache may hold, unless the variable gives another number."""
RESERVED_SPACE = 500_000_000
"""Bytes that are left free on the disk."""
LARGE_FILE = 256_000_000
"""Bytes from which an intact file is hashed again only after its size, time or inode has changed."""


class CachedArrays(NamedTuple):
    """Arrays mapped from disk (private, copy-on-write) and the SHA-256 of each one's file."""

    arrays: dict[str, Array]
    hashes: dict[str, str]


class ChunkedArray(NamedTuple):
    """An array too large for memory, made in chunks along its first axis."""

    shape: tuple[int, ...]
    dtype: DTypeLike
    chunks: Iterable[Array]


NewArrays = Mapping[str, Array | ChunkedArray]


def fetch(folder: Path, make: Callable[[], NewArrays], *, names: Sequence[str]) -> CachedArrays:
    """Return the arrays `names` of `folder`; if it is missing or damaged, `make` returns all of its arrays.

    Raises OSError if it must be made and cannot be written.
    """
    stored = load(folder, names=names)
    if stored is not None:
        return stored
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _exclusive_lock(folder):
        stored = load(folder, names=names)
        if stored is None:
            _replace_folder(folder, make())
            stored = load(folder, names=names)
    if stored is None:
        raise OSError(f"{folder}: the arrays just written cannot be read back; is the disk failing?")
    return stored


def digest(parts: Mapping[str, str]) -> str:
    """Return the SHA-256 over names and texts; their order does not matter."""
    return hashlib.sha256(json.dumps(dict(parts), sort_keys=True).encode()).hexdigest()


def explain_lack_of_space(cache: Path, size: int) -> str | None:
    """Explain why `size` more bytes do not fit in the cache; None if they do.

    Raises UserError for a limit that is not a number.
    """
    limit = _read_limit() * 1e9
    used = sum(path.stat().st_size for path in cache.rglob("*.npy")) if cache.exists() else 0
    if used + size > limit:
        total = f"{size / 1e9:.1f} GB on top of the {used / 1e9:.1f} GB in the cache"
        return f"{total} exceed its limit of {limit / 1e9:g} GB ({LIMIT_VARIABLE})"
    existing = next(folder for folder in (cache, *cache.parents) if folder.exists())
    free = shutil.disk_usage(existing).free
    if size + RESERVED_SPACE > free:
        unit, scale = ("GB", 1e9) if size >= 1e9 else ("MB", 1e6)
        needed, available = f"{size / scale:.3g} {unit}", f"{free / scale:.3g} {unit}"
        reserved = f"{RESERVED_SPACE / scale:g} {unit} are kept free"
        return f"{needed} are needed, {available} are free on the disk, {reserved}"
    return None


def _read_limit() -> float:
    text = os.environ.get(LIMIT_VARIABLE, "")
    try:
        limit = float(text or DEFAULT_LIMIT)
    except ValueError:
        limit = -1.0
    if not limit >= 0:
        raise UserError(f"{LIMIT_VARIABLE}: {text!r} is not a number of GB, such as {DEFAULT_LIMIT:g}")
    return limit


def load(folder: Path, *, names: Sequence[str]) -> CachedArrays | None:
    """Return the arrays; None if a file is missing, differs from the manifest, or disappears while it is read."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text())
        hashes = {name: str(manifest[name]) for name in names}
        if not all(_is_intact(folder / f"{name}.npy", hashes[name]) for name in names):
            return None
        return CachedArrays({name: _map_file(folder / f"{name}.npy") for name in names}, hashes)
    except (FileNotFoundError, NotADirectoryError, KeyError, TypeError, ValueError):
        return None


def _map_file(path: Path) -> Array:
    array: Array = np.load(path, mmap_mode="c", allow_pickle=False)
    return array


def _is_intact(path: Path, expected: str) -> bool:
    status = path.stat()
    state = f"{expected} {status.st_size} {status.st_mtime_ns} {status.st_ino}"
    checked = path.with_suffix(".seen")
    if status.st_size >= LARGE_FILE and checked.exists() and checked.read_text() == state:
        return True
    if _sha256(path) != expected:
        return False
    if status.st_size >= LARGE_FILE:
        with suppress(OSError):  # a read-only cache is hashed every time
            checked.write_text(state)
    return True


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _exclusive_lock(folder: Path) -> Iterator[None]:
    with folder.with_suffix(".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _replace_folder(folder: Path, arrays: NewArrays) -> None:
    """Write a new folder and swap it in. Under the lock, so partial folders were left by killed processes."""
    for partial in folder.parent.glob(f"{folder.name}.*.partial"):
        shutil.rmtree(partial)
    new = Path(tempfile.mkdtemp(prefix=f"{folder.name}.", suffix=".partial", dir=folder.parent))
    try:
        _write_folder(new, arrays)
        if folder.exists():
            shutil.rmtree(folder)
        new.rename(folder)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)  # do not leave a full disk fuller
        raise
    _sync_folder(folder.parent)


def _write_folder(folder: Path, arrays: NewArrays) -> None:
    folder.chmod(0o755)
    hashes = {name: _write_array(folder / f"{name}.npy", array) for name, array in arrays.items()}
    with (folder / MANIFEST).open("w") as file:
        json.dump(hashes, file, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())
    _sync_folder(folder)


def _write_array(path: Path, array: Array | ChunkedArray) -> str:
    with path.open("wb") as file:
        if isinstance(array, ChunkedArray):
            _write_chunks(file, array)
        else:
            np.save(file, array, allow_pickle=False)
        file.flush()
        os.fsync(file.fileno())
    return _sha256(path)


def _write_chunks(file: IO[bytes], array: ChunkedArray) -> None:
    """Write with write(), not through a map: a full disk is an error then, where a mapped page kills the process."""
    dtype = np.dtype(array.dtype)
    header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": array.shape}
    np.lib.format.write_array_header_1_0(file, header)
    rows = 0
    for chunk in array.chunks:
        file.write(np.ascontiguousarray(chunk, dtype).tobytes())
        rows += len(chunk)
    if rows != array.shape[0]:
        raise UserError(f"the array has {rows} rows, must have {array.shape[0]}")


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

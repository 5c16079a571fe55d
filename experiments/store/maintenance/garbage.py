"""Garbage collection: find the files of a store that no study needs, and remove them on request."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .. import HAS_RESULT, TABLE, StoreReader, run_folder

PARTIAL_FILE = re.compile(r"\.part(\d*)$|\.part\.npz$")


class Garbage(NamedTuple):
    """A file or folder that can be removed, and why."""

    path: Path
    why: str

    @property
    def size(self) -> int:
        """Size in bytes."""
        if self.path.is_dir():
            return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())
        return self.path.stat().st_size


def find_garbage(store: StoreReader) -> list[Garbage]:
    """Find everything that can be removed. The caller must hold the store's lock, so that no run is being written."""
    return [
        *_unplanned_folders(store),
        *_partial_files(store.path),
        *_unneeded_checkpoints(store),
        *_old_tables(store.path),
    ]


def remove_garbage(garbage: list[Garbage]) -> None:
    """Remove everything that was found."""
    for each in garbage:
        if each.path.is_dir():
            shutil.rmtree(each.path)
        else:
            each.path.unlink(missing_ok=True)


def _unplanned_folders(store: StoreReader) -> Iterator[Garbage]:
    """Find folders of runs that no study plans, and folders that were set aside."""
    known = set(store.keys_with_prefix())
    for folder in sorted((store.path / "runs").glob("??/*")):
        if ".aside" in folder.name:
            yield Garbage(folder, "a damaged or outdated record that was set aside")
        elif folder.is_dir() and folder.name not in known:
            yield Garbage(folder, "a run that no study of this store has planned")


def _partial_files(path: Path) -> Iterator[Garbage]:
    """Find partial files of processes that no longer exist."""
    for file in sorted(path.rglob("*.part*")):
        match = PARTIAL_FILE.search(file.name)
        if match and not (match[1] and Path(f"/proc/{match[1]}").exists()) and ".aside" not in str(file):
            yield Garbage(file, "half-written, by a process that is gone")


def _unneeded_checkpoints(store: StoreReader) -> Iterator[Garbage]:
    """Find checkpoints of runs that have a result."""
    for key, state in store.states().items():
        if state in HAS_RESULT:
            for file in sorted(store.folder(key).glob(f"{Path(run_folder.CHECKPOINT).stem}*.pt")):
                yield Garbage(file, "a checkpoint of a run that has its result")


def _old_tables(path: Path) -> Iterator[Garbage]:
    """Find backups of the table from migrations and rebuilds."""
    for file in sorted(path.glob(f"{TABLE}.*")):
        if not file.name.endswith(("-wal", "-shm")) or ".aside" in file.name:
            yield Garbage(file, "an old table, kept as a backup")

"""What a store holds that no study needs: named, then removed on request."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from .. import HAS_RESULT, TABLE, StoreReader, run_folder

PARTIAL_FILE = re.compile(r"\.part(\d*)$|\.part\.npz$")


class Garbage(NamedTuple):
    """One thing that can go."""

    path: Path
    why: str

    @property
    def size(self) -> int:
        """Bytes."""
        if self.path.is_dir():
            return sum(file.stat().st_size for file in self.path.rglob("*") if file.is_file())
        return self.path.stat().st_size


def find_garbage(store: StoreReader) -> list[Garbage]:
    """Everything that can go. Only under the store's lock: what is being written is no garbage."""
    return [
        *_unplanned_folders(store),
        *_partial_files(store.path),
        *_unneeded_checkpoints(store),
        *_old_tables(store.path),
    ]


def remove_garbage(found: list[Garbage]) -> None:
    """Remove it all."""
    for one in found:
        if one.path.is_dir():
            shutil.rmtree(one.path)
        else:
            one.path.unlink(missing_ok=True)


def _unplanned_folders(store: StoreReader) -> Iterator[Garbage]:
    known = set(store.keys_with_prefix())
    for folder in sorted((store.path / "runs").glob("??/*")):
        if ".aside" in folder.name:
            yield Garbage(folder, "a damaged or outdated record that was set aside")
        elif folder.is_dir() and folder.name not in known:
            yield Garbage(folder, "a run that no study of this store has planned")


def _partial_files(path: Path) -> Iterator[Garbage]:
    """Half-written files of processes that are gone."""
    for file in sorted(path.rglob("*.part*")):
        found = PARTIAL_FILE.search(file.name)
        if found and not (found[1] and Path(f"/proc/{found[1]}").exists()) and ".aside" not in str(file):
            yield Garbage(file, "half-written, by a process that is gone")


def _unneeded_checkpoints(store: StoreReader) -> Iterator[Garbage]:
    for key, state in store.states().items():
        if state in HAS_RESULT:
            for file in sorted(store.folder(key).glob(f"{Path(run_folder.CHECKPOINT).stem}*.pt")):
                yield Garbage(file, "a checkpoint of a run that has its result")


def _old_tables(path: Path) -> Iterator[Garbage]:
    for file in sorted(path.glob(f"{TABLE}.*")):
        if not file.name.endswith(("-wal", "-shm")) or ".aside" in file.name:
            yield Garbage(file, "an old table, kept as a backup")

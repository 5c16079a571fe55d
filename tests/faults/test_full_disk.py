"""A full disk ends a study with one line; once there is space it goes on to the same bits."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .suite import Launch, compare, runs_ended

pytestmark = pytest.mark.slow
SIZE = 8 * 2**20


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB, where this user may mount one."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", disk], capture_output=True
    )
    yield disk
    if mounted.returncode == 0:
        subprocess.run(["umount", "--lazy", disk], check=True)


def fill(disk: Path) -> Path:
    """Leave not a byte free (on a disk of our own), or make the store's folder unwritable as a stand-in."""
    filler = disk / "filler"
    if os.path.ismount(disk):
        with filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass
    return filler


@pytest.mark.parametrize("place", ["", "runs"], ids=["the store", "the run folders alone"])
def test_a_disk_that_fills_up_loses_nothing_that_was_recorded(
    place: str, tmp_path: Path, small_disk: Path, cache: Path, undisturbed: Path
) -> None:
    store = small_disk / "store"
    if place:  # the table has room: only workers meet the full disk
        store = tmp_path / "store"
        store.mkdir()
        (store / place).symlink_to(small_disk)
    launch = Launch(store, cache)
    launch.until(runs_ended(3))
    filler = fill(small_disk)
    code, output = launch.ended()
    if os.path.ismount(small_disk):
        filler.unlink()
        assert code == 2, output
        assert "Traceback" not in output, output
        (error,) = (line for line in output.splitlines() if line.startswith("error: "))
        assert "full" in error or "space" in error
        assert str(store) in error
        assert " failed: " not in output  # it is the machine's state: no run pays for it
    code, output = Launch(store, cache).ended()
    assert code == 0, output
    account = compare(store, undisturbed)
    print(account)
    assert account.lost == account.differing == 0

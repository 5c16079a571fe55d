"""The cache on file systems that are really full, and really read-only."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_datasets.load_folder import equal_rows, load, prepare
from tests.test_datasets.own_data import image_folder

SIZE = 600_000_000


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 600 MB."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(place)]
    if subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("this user may not mount a file system")
    yield place
    subprocess.run(["umount", "--lazy", place], check=True)


def test_pixels_that_do_not_fit_are_streamed_and_kept_once_there_is_room(
    disk: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root, cache = image_folder(tmp_path / "d"), disk / "cache"
    prepared = prepare(root, cache)
    filler = disk / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(disk).free)
    streamed = load(prepared, cache)
    message = capsys.readouterr().err
    assert "MB are needed, 0 MB are free on the disk, 500 MB are kept free" in message
    assert message.count("\n") == 1
    assert not list(cache.glob("*.partial"))
    filler.unlink()
    kept = load(prepared, cache)
    assert equal_rows(streamed, kept)
    assert list(cache.glob("pixels-*"))


def test_a_whole_cache_on_a_read_only_disk_is_read(disk: Path, tmp_path: Path) -> None:
    root, cache = image_folder(tmp_path / "d"), disk / "cache"
    prepared = prepare(root, cache)
    first = load(prepared, cache)
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(OSError, match="Read-only"):
        (cache / "x").write_text("x")
    assert prepare(root, cache) == prepared
    assert equal_rows(load(prepared, cache), first)


def test_no_cache_on_a_read_only_disk_is_one_line_with_the_way_out(disk: Path, tmp_path: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
    with pytest.raises(ValueError, match=r"cache.*cannot be written.*set ABLATION_CACHE"):
        prepare(image_folder(tmp_path / "d"), disk / "cache")

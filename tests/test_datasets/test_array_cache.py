"""The cache under damage and company."""

from __future__ import annotations

import multiprocessing
import time
from pathlib import Path

import numpy as np
import pytest

from datasets import array_cache
from datasets.array_cache import Array


def numbers() -> dict[str, Array]:
    return {"a": np.arange(1000), "b": np.ones((3, 4), np.uint8)}


def never() -> dict[str, Array]:
    raise AssertionError("made again")


def test_arrays_are_made_once_and_mapped_afterwards(tmp_path: Path) -> None:
    first = array_cache.fetch(tmp_path / "x", numbers, names=["a", "b"])
    again = array_cache.fetch(tmp_path / "x", never, names=["b"])
    assert np.array_equal(first.arrays["a"], np.arange(1000))
    assert isinstance(again.arrays["b"], np.memmap)
    assert again.hashes == {"b": first.hashes["b"]}


@pytest.mark.parametrize(
    "damage", ["flip", "cut", "gone", "no manifest", "torn manifest", "manifest of another"]
)
def test_a_damaged_cache_is_made_again(tmp_path: Path, damage: str) -> None:
    folder = tmp_path / "x"
    array_cache.fetch(folder, numbers, names=["a"])
    content, manifest = (folder / "a.npy").read_bytes(), folder / "manifest.json"
    if damage == "flip":
        (folder / "a.npy").write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    elif damage == "cut":
        (folder / "a.npy").write_bytes(content[:-100])
    elif damage == "gone":
        (folder / "a.npy").unlink()
    elif damage == "no manifest":
        manifest.unlink()
    elif damage == "torn manifest":
        manifest.write_text(manifest.read_text()[:20])
    else:
        manifest.write_text("[]")
    stored = array_cache.fetch(folder, numbers, names=["a"])
    assert np.array_equal(stored.arrays["a"], np.arange(1000))
    assert array_cache.fetch(folder, never, names=["a"]).hashes == stored.hashes


def test_damage_to_an_array_that_is_not_wanted_goes_unnoticed(tmp_path: Path) -> None:
    array_cache.fetch(tmp_path / "x", numbers, names=["a"])
    (tmp_path / "x" / "b.npy").unlink()
    array_cache.fetch(tmp_path / "x", never, names=["a"])


def test_what_a_killed_process_left_is_cleared_away(tmp_path: Path) -> None:
    (tmp_path / "x.dead.partial").mkdir()
    (tmp_path / "x.dead.partial" / "a.npy").write_bytes(b"half")
    array_cache.fetch(tmp_path / "x", numbers, names=["a"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x", "x.lock"]


def test_making_that_fails_leaves_nothing_that_could_be_taken_for_data(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="made again"):
        array_cache.fetch(tmp_path / "x", never, names=["a"])
    assert not (tmp_path / "x").exists()
    assert array_cache.fetch(tmp_path / "x", numbers, names=["a"]).arrays["a"].sum() == 499500


def _slowly(trace: Path) -> dict[str, Array]:
    with trace.open("a") as file:
        file.write("made\n")
    time.sleep(0.2)
    return numbers()


def _fetch(folder: Path) -> float:
    stored = array_cache.fetch(folder, lambda: _slowly(folder.parent / "trace"), names=["a"])
    return float(stored.arrays["a"].sum())


def test_several_processes_at_once_make_it_once(tmp_path: Path) -> None:
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        sums = pool.map(_fetch, [tmp_path / "x"] * 4, chunksize=1)
    assert sums == [499500.0] * 4
    assert (tmp_path / "trace").read_text() == "made\n"


def test_a_digest_does_not_depend_on_the_order_of_its_parts() -> None:
    assert array_cache.digest({"a": "1", "b": "2"}) == array_cache.digest({"b": "2", "a": "1"})
    assert array_cache.digest({"a": "1"}) != array_cache.digest({"a": "2"})

"""The cache of arrays: damage, killed processes, several processes at once, and its limit."""

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


@pytest.mark.parametrize("limit", ["much", "-1", "nan"])
def test_a_limit_that_is_not_a_number_is_an_error(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(array_cache.LIMIT_VARIABLE, limit)
    with pytest.raises(ValueError, match=f"{array_cache.LIMIT_VARIABLE}: '{limit}' is not a number of GB"):
        array_cache.explain_lack_of_space(tmp_path, 1)


def test_the_limit_counts_what_the_cache_holds_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    array_cache.fetch(tmp_path / "x", lambda: {"a": np.zeros(999_872, np.uint8)}, names=["a"])
    monkeypatch.setenv(array_cache.LIMIT_VARIABLE, "0.002")  # the file is 1,000,000 bytes with its header
    assert array_cache.explain_lack_of_space(tmp_path, 1_000_000) is None
    message = array_cache.explain_lack_of_space(tmp_path, 1_000_001)
    assert message == (
        "0.0 GB on top of the 0.0 GB in the cache exceed its limit of 0.002 GB (ABLATION_CACHE_LIMIT)"
    )


def test_a_chunked_array_is_the_file_that_numpy_would_write(tmp_path: Path) -> None:
    whole = np.arange(60, dtype=np.int64).reshape(10, 6)
    chunks = array_cache.ChunkedArray((10, 6), np.int64, iter([whole[:3], whole[3:4], whole[4:]]))
    array_cache.fetch(tmp_path / "x", lambda: {"a": chunks}, names=["a"])
    np.save(tmp_path / "expected.npy", whole)
    assert (tmp_path / "x/a.npy").read_bytes() == (tmp_path / "expected.npy").read_bytes()


def test_chunks_that_do_not_fill_the_array_are_an_error(tmp_path: Path) -> None:
    chunks = array_cache.ChunkedArray((3, 2), np.int64, [np.zeros((2, 2))])
    with pytest.raises(ValueError, match="the array has 2 rows, must have 3"):
        array_cache.fetch(tmp_path / "x", lambda: {"a": chunks}, names=["a"])
    assert not (tmp_path / "x").exists()

"""Loading data by their content: cached, streamed, moved, changed."""

from __future__ import annotations

import errno
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from datasets import array_cache
from tests.test_datasets.load_folder import equal_rows, load, prepare
from tests.test_datasets.own_data import image_folder, mask_folder, picture


def test_prepared_data_load_by_their_content_alone_even_when_the_folder_is_gone(tmp_path: Path) -> None:
    root, cache = image_folder(tmp_path / "d"), tmp_path / "cache"
    prepared = prepare(root, cache)
    first = load(prepared, cache)
    shutil.rmtree(root)
    assert equal_rows(load(prepared, cache), first)
    with pytest.raises(
        ValueError, match="were never seen here; run `python -m experiments check-data FOLDER`"
    ):
        load(prepared, tmp_path / "other")


def test_data_that_changed_after_they_were_planned_are_refused(tmp_path: Path) -> None:
    root, cache = image_folder(tmp_path / "d"), tmp_path / "cache"
    prepared = prepare(root, cache)
    picture(root / "train/cat/0.png", 4711)
    with pytest.raises(ValueError, match=r"d has changed since it was planned \(the content differs\)"):
        load(prepared, cache)


@pytest.mark.parametrize("kind", ["image_folder", "mask_folder"])
def test_streamed_rows_are_bit_for_bit_those_of_the_cache(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = image_folder(tmp_path / "d") if kind == "image_folder" else mask_folder(tmp_path / "d")
    cache = tmp_path / "cache"
    prepared = prepare(root, cache, size="16x20", fit="crop")
    kept = load(prepared, cache, kind)
    assert isinstance(kept.train.images, torch.Tensor)
    for folder in cache.glob("pixels-*"):
        shutil.rmtree(folder) if folder.is_dir() else None
    monkeypatch.setenv(array_cache.LIMIT_VARIABLE, "0")
    streamed = load(prepared, cache, kind)
    assert not isinstance(streamed.train.images, torch.Tensor)
    assert equal_rows(streamed, kept)
    assert "decoded again in every epoch" in capsys.readouterr().err
    message = prepare(root, cache, size="16x20", fit="crop").report.facts
    assert any("streamed" in fact and array_cache.LIMIT_VARIABLE in fact for fact in message)
    assert not [path for path in cache.glob("pixels-*") if path.is_dir()]


def test_a_full_disk_while_caching_falls_back_to_streaming_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root, cache = image_folder(tmp_path / "d"), tmp_path / "cache"
    prepared = prepare(root, cache)

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(array_cache, "_write_chunks", full)
    streamed = load(prepared, cache)
    monkeypatch.undo()
    message = capsys.readouterr().err
    assert "No space left on device" in message
    assert message.count("\n") == 1
    assert not list(cache.glob("*.partial"))
    assert equal_rows(streamed, load(prepared, cache))


def test_a_complete_cache_is_read_where_nothing_can_be_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, cache = image_folder(tmp_path / "d"), tmp_path / "cache"
    prepared = prepare(root, cache)
    first = load(prepared, cache)

    def refused(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(array_cache, "_exclusive_lock", refused)
    monkeypatch.setattr(array_cache, "_replace_folder", refused)
    monkeypatch.setattr(Path, "write_text", refused)
    assert prepare(root, cache) == prepared
    assert equal_rows(load(prepared, cache), first)


def test_loaded_rows_are_the_files_in_the_order_of_classes_and_names(tmp_path: Path) -> None:
    root, cache = image_folder(tmp_path / "d"), tmp_path / "cache"
    train = load(prepare(root, cache), cache).train
    files = [root / "train" / name / f"{number}.png" for name in ("cat", "dog") for number in range(8)]
    expected = np.stack([np.asarray(Image.open(path)).transpose(2, 0, 1) for path in files])
    assert np.array_equal(train.images[slice(None)].numpy(), expected)
    assert train.targets[slice(None)].tolist() == [0] * 8 + [1] * 8


def test_loaded_masks_are_the_files(tmp_path: Path) -> None:
    root, cache = mask_folder(tmp_path / "d"), tmp_path / "cache"
    splits = load(prepare(root, cache), cache, "mask_folder")
    expected = np.repeat([[0] * 6 + [1] * 6], 10, axis=0)
    assert (splits.train.targets[slice(None)].numpy() == expected).all()
    assert splits.train.targets.shape == (8, 10, 12)
    assert (splits.classes, splits.ignore_index) == (("class 0", "class 1"), None)

"""Data by their content: prepared once, moved, changed, cached, streamed."""

from __future__ import annotations

import errno
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch

from datasets import array_cache, catalog
from datasets.catalog import Splits
from datasets.preparation.prepare import Prepared
from tests.test_datasets.own_data import image_folder, mask_folder, picture

Options = dict[str, str | int | float | bool]


def prepare(root: Path, cache: Path, **options: str | int) -> Prepared:
    kind = "mask_folder" if (root / "train/images").is_dir() else "image_folder"
    task = catalog.find(kind).tasks[0]
    return catalog.prepare(kind, task, {"root": str(root), **options}, cache=cache)


def load(prepared: Prepared, cache: Path, kind: str = "image_folder") -> Splits:
    task = catalog.find(kind).tasks[0]
    return catalog.load(kind, task, prepared.options, cache=cache, content=prepared.content)


def every(splits: Splits) -> list[torch.Tensor]:
    parts = (splits.train, splits.validation, splits.test)
    return [rows[slice(None)] for part in parts for rows in (part.images, part.targets)]


def same(one: Splits, other: Splits) -> bool:
    return all(torch.equal(a, b) for a, b in zip(every(one), every(other), strict=True))


def test_half_of_val_becomes_the_test_split_in_equal_shares_and_nothing_is_in_two(tmp_path: Path) -> None:
    prepared = prepare(image_folder(tmp_path / "d"), tmp_path / "cache")
    splits = load(prepared, tmp_path / "cache")
    for part, count in ((splits.train, 8), (splits.validation, 3), (splits.test, 3)):
        assert torch.bincount(part.targets[slice(None)]).tolist() == [count, count]
    images = torch.cat(
        [part.images[slice(None)].flatten(1) for part in (splits.train, splits.validation, splits.test)]
    )
    assert len(torch.unique(images, dim=0)) == 28
    noted = json.loads((tmp_path / "cache/known" / f"{prepared.content}.json").read_text())
    assert len({name for names in noted["splits"].values() for name in names}) == 28


def test_who_is_drawn_depends_on_the_seed_and_not_on_what_else_is_there(tmp_path: Path) -> None:
    root, cache = image_folder(tmp_path / "d"), tmp_path / "cache"
    shutil.rmtree(root / "val")

    def drawn(**options: int) -> set[str]:
        content = prepare(root, cache, **options).content
        noted = json.loads((cache / "known" / f"{content}.json").read_text())
        return set(noted["splits"]["test"])

    first = drawn(test=40)
    assert drawn(test=40, split_seed=1) != first
    assert len(first) == 6
    picture(root / "train/dog/new.png", 99)
    assert len(first & drawn(test=40)) >= 5


def test_the_content_is_the_same_wherever_the_data_lie_and_another_one_when_a_pixel_changes(
    tmp_path: Path,
) -> None:
    root, cache = image_folder(tmp_path / "d"), tmp_path / "cache"
    first = prepare(root, cache)
    moved = Path(shutil.copytree(root, tmp_path / "elsewhere"))
    assert prepare(moved, cache) == first
    assert "root" not in first.options
    picture(moved / "train/cat/0.png", 4711)
    assert prepare(moved, cache).content != first.content


def test_prepared_data_load_by_their_content_alone_even_when_the_folder_is_gone(tmp_path: Path) -> None:
    root, cache = image_folder(tmp_path / "d"), tmp_path / "cache"
    prepared = prepare(root, cache)
    first = load(prepared, cache)
    shutil.rmtree(root)
    assert same(load(prepared, cache), first)
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


def test_two_spellings_of_the_same_data_have_the_same_options(tmp_path: Path) -> None:
    root, cache = image_folder(tmp_path / "d"), tmp_path / "cache"
    spelled = [
        prepare(root, cache),
        prepare(root, cache, size="10x12"),
        prepare(root, cache, test=50, split_seed=0),
    ]
    assert spelled[0].options == spelled[1].options == spelled[2].options
    assert prepare(root, cache, size=16).options["size"] == "16x16"
    assert prepare(root, cache, size=16).content == spelled[0].content


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
    assert same(streamed, kept)
    assert "decoded again in every epoch" in capsys.readouterr().err
    said = prepare(root, cache, size="16x20", fit="crop").report.facts
    assert any("streamed" in fact and array_cache.LIMIT_VARIABLE in fact for fact in said)
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
    said = capsys.readouterr().err
    assert "No space left on device" in said
    assert said.count("\n") == 1
    assert not list(cache.glob("*.partial"))
    assert same(streamed, load(prepared, cache))


def test_a_cache_that_cannot_be_written_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match=r"cache.*cannot be written.*set ABLATION_CACHE"):
        prepare(image_folder(tmp_path / "d"), tmp_path / "file" / "cache")


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
    assert same(load(prepared, cache), first)


@pytest.mark.parametrize(
    ("size", "said"),
    [
        ("0", "sides must be from 1"),
        ("10x", "write a number"),
        (True, "write a number"),
        (9999, "sides must be from 1"),
    ],
)
def test_a_size_that_cannot_be_is_refused(size: str | int, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        catalog.resolve("image_folder", {"size": size})


@pytest.mark.parametrize("limit", ["much", "-1", "nan"])
def test_a_limit_that_is_no_number_is_refused(
    limit: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(array_cache.LIMIT_VARIABLE, limit)
    with pytest.raises(ValueError, match=f"{array_cache.LIMIT_VARIABLE}: '{limit}' is not a number of GB"):
        array_cache.explain_lack_of_space(tmp_path, 1)

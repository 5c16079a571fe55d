"""Preparing data: their content's hash, the options of a run's key, and the split."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from datasets import catalog
from datasets.preparation.prepare import decoded_bytes, image_format
from datasets.sources.image_decoding import ImageFormat
from tests.test_datasets.load_folder import equal_rows, load, prepare
from tests.test_datasets.own_data import image_folder, mask, mask_folder, picture
from user_error import UserError


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


def test_a_cache_that_cannot_be_written_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(ValueError, match=r"cache.*cannot be written.*set ABLATION_CACHE"):
        prepare(image_folder(tmp_path / "d"), tmp_path / "file" / "cache")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"validation": 20}, "validation has no effect, the data provide val/; leave it out"),
        ({"split_seed": 1}, "split_seed has no effect, the data provide all splits; leave it out"),
    ],
)
def test_an_option_without_effect_is_an_error(options: dict[str, int], message: str, tmp_path: Path) -> None:
    root = image_folder(tmp_path / "d")
    shutil.copytree(root / "val", root / "test")
    with pytest.raises(UserError, match=message):
        prepare(root, tmp_path / "cache", **options)


def test_with_all_splits_given_the_key_holds_size_and_fit_alone(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "d")
    shutil.copytree(root / "val", root / "test")
    options = prepare(root, tmp_path / "cache").options
    assert options == {"size": "10x12", "fit": "stretch", "classes": ""}


def test_the_default_percentages_are_written_into_the_key(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "d")
    assert prepare(root, tmp_path / "cache").options["test"] == 50
    shutil.rmtree(root / "val")
    options = prepare(root, tmp_path / "cache").options
    assert (options["validation"], options["test"], options["split_seed"]) == (10, 20, 0)


SPLIT_NAMES = {"train": "Training", "val": "VALID", "test": "Test set"}


def move_splits_down(root: Path) -> None:
    """Rename train/images to images/Training, and so on."""
    for split, name in SPLIT_NAMES.items():
        for kind in ("images", "masks"):
            (root / kind).mkdir(exist_ok=True)
            (root / split / kind).rename(root / kind / name)
        (root / split).rmdir()


def move_masks_beside_images(root: Path) -> None:
    """Rename train/masks/1.png to train/images/1_lesion.png, and so on."""
    for split in SPLIT_NAMES:
        for path in (root / split / "masks").iterdir():
            path.rename(root / split / "images" / f"{path.stem}_lesion.png")
        (root / split / "masks").rmdir()


@pytest.mark.parametrize(
    ("move", "more"),
    [(move_splits_down, {}), (move_masks_beside_images, {"mask_suffix": "_lesion"})],
)
def test_the_layout_is_no_part_of_the_content_nor_of_the_key(
    move: Callable[[Path], None], more: dict[str, str], tmp_path: Path
) -> None:
    root, cache = mask_folder(tmp_path / "d"), tmp_path / "cache"
    shutil.copytree(root / "val", root / "test")
    before = prepare(root, cache)
    rows = load(before, cache, "mask_folder")
    shutil.rmtree(cache)
    move(root)
    after = catalog.prepare("mask_folder", "segmentation", {"root": str(root), **more}, cache=cache)
    assert (after.content, after.options) == (before.content, before.options)
    assert after.options.keys() == {"size", "fit", "classes", "palette", "ignore"}
    assert equal_rows(load(after, cache, "mask_folder"), rows)


def test_masks_without_class_names_have_the_classes_up_to_the_largest_value(tmp_path: Path) -> None:
    root = mask_folder(tmp_path / "d")
    for path in root.glob("*/masks/*.png"):
        mask(path, np.repeat(np.array([0, 1, 2, 3, 4], np.uint8), 24).reshape(10, 12))
    prepared = prepare(root, tmp_path / "cache")
    assert prepared.report.facts[0].startswith("classes: 5 (pixels of the training split: class 0 20.0 %, ")
    assert load(prepared, tmp_path / "cache", "mask_folder").classes == tuple(f"class {n}" for n in range(5))


def test_an_empty_data_set_is_a_problem_of_the_report(tmp_path: Path) -> None:
    for split in ("train", "val"):
        (tmp_path / "d" / split / "cat").mkdir(parents=True)
    (problem,) = prepare(tmp_path / "d", tmp_path / "cache").report.problems
    assert "no class folders with images; the layout is train/<class>/image.jpg" in problem


def test_the_size_of_the_decoded_data_is_a_fact(tmp_path: Path) -> None:
    facts = prepare(image_folder(tmp_path / "d"), tmp_path / "cache", size="100x200").report.facts
    # 28 images of 3 x 100 x 200 bytes
    assert facts[-1] == "decoded: 2 MB at 100x200, cached, shared by all runs"


def test_decoded_bytes_count_channels_and_masks() -> None:
    splits = {"train": np.arange(5), "test": np.arange(2)}
    target = image_format({"size": "4x6", "fit": "crop"}, 3)
    assert target == ImageFormat(4, 6, "crop", 3)
    assert decoded_bytes(splits, target, masks=False) == 7 * 3 * 24
    assert decoded_bytes(splits, target, masks=True) == 7 * 4 * 24

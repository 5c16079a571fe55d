"""The data check's facts, warnings and problems."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets import catalog
from datasets.preparation.index import Index
from datasets.preparation.report import Report, build_report
from datasets.sources.folder_layout import FolderReader
from datasets.sources.listing import Ints, Listing
from tests.test_datasets.broken_data import (
    Break,
    Case,
    assert_answer,
    do_nothing,
    empty,
    name_of,
    remove,
)
from tests.test_datasets.own_data import image_folder, mask, picture


def remove_a_class(root: Path) -> None:
    for split in ("train", "val"):
        remove(f"{split}/dog")(root)


def add_a_pixel(root: Path) -> None:
    picture(root / "train/cat/tiny.png", size=(1, 1))


def add_a_wide_image(root: Path) -> None:
    picture(root / "train/cat/wide.png", size=(40, 10))


IMAGES = [
    Case("tiny image", add_a_pixel, r"a side of less than 8 pixels: train/cat/tiny\.png", {"size": 12}, True),
    Case("empty class", empty("train/dog"), r"classes without a training image: dog"),
    Case("a class that val lacks", remove("val/dog"), r"missing from the validation split: dog", {}, True),
    Case("one class only", remove_a_class, r"the number of classes is 1, must be at least 2"),
    Case("sizes that differ", add_a_wide_image, r"images differ in size; set dataset\.options\.size"),
]


def set_a_pixel(value: int, kind: type[np.generic] = np.uint8) -> Break:
    def save(root: Path) -> None:
        values = np.zeros((10, 12), kind)
        values[3, 4] = value
        Image.fromarray(values).save(root / "train/masks/2.png")

    return save


def save_background_only(root: Path) -> None:
    for path in root.glob("*/masks/*.png"):
        mask(path, np.zeros((10, 12), np.uint8))


MASKS = [
    Case(
        "255 without ignore", set_a_pixel(255), r"value 255 in 1 pixels \(train/images/2\.png\).*ignore: 255"
    ),
    Case("255 with ignore", set_a_pixel(255), "", {"ignore": 255}),
    Case(
        "a value beyond the classes",
        set_a_pixel(7),
        r"mask value 7 in 1 pixels \(train/images/2\.png\): the classes are 0 to 1",
        {"classes": "ground, thing"},
    ),
    Case("16-bit masks", set_a_pixel(1, np.uint16), ""),
    Case("masks of one class", save_background_only, r"the number of classes is 1"),
    Case(
        "a class that train lacks",
        do_nothing,
        r"missing from the train split: third",
        {"classes": "one, two, third"},
        True,
    ),
]


@pytest.mark.parametrize("case", IMAGES, ids=name_of)
def test_the_check_of_images_answers_in_one_line(case: Case, tmp_path: Path) -> None:
    assert_answer(case, "image_folder", tmp_path)


@pytest.mark.parametrize("case", MASKS, ids=name_of)
def test_the_check_of_masks_answers_in_one_line(case: Case, tmp_path: Path) -> None:
    assert_answer(case, "mask_folder", tmp_path)


def test_every_image_of_a_sound_folder_is_in_a_split(tmp_path: Path) -> None:
    options = {"root": str(image_folder(tmp_path / "d"))}
    report = catalog.prepare("image_folder", "classification", options, cache=tmp_path / "cache").report
    assert [line for line in report.warnings if "each is worth" not in line] == []
    assert report.problems == ()


def report_on(
    labels: Sequence[int], classes: Sequence[str], *, problems: dict[int, str] | None = None
) -> Report:
    """Return the report on images of 20x30, the first half of them for training, the others validation and test."""
    count = len(labels)
    listing = Listing(
        reader=FolderReader([]),
        names=[f"{number}.png" for number in range(count)],
        labels=np.array(labels, np.int64),
        splits={},
        classes=tuple(classes),
    )
    index = Index(
        hashes=np.random.default_rng(0).integers(256, size=(count, 32), dtype=np.uint8),
        sizes=np.tile(np.array([20, 30]), (count, 1)),
        thumbnails=np.zeros((count, 64), np.uint8),
        values=np.zeros((count, 0), np.int64),
        problems=problems or {},
    )
    parts = np.split(np.arange(count), [count // 2, 3 * count // 4])
    splits: dict[str, Ints] = dict(zip(("train", "validation", "test"), parts, strict=True))
    return build_report(listing, index, splits, dict.fromkeys(splits, "all images"), masks=False)


def test_facts_count_the_images_of_each_class_and_split() -> None:
    assert report_on([0, 1, 0, 1, 0, 1, 0, 1], ["cat", "dog"]).facts == (
        "classes: 2 (images of the training split: cat 2, dog 2)",
        "train: 4 images, all images, 2 per class",
        "validation: 2 images, all images, 1 per class",
        "test: 2 images, all images, 1 per class",
        "sizes: 20x30 (8) (height x width)",
    )


@pytest.mark.parametrize(("rare", "warns"), [(1, True), (2, False)])
def test_classes_are_unbalanced_from_more_than_ten_to_one(rare: int, warns: bool) -> None:
    train = [0] * 20 + [1] * rare
    report = report_on(train + [0, 1] * (len(train) // 2) + [0] * (len(train) % 2), ["cat", "dog"])
    expected = ["classes are unbalanced: cat has 20 times as many images as dog"] if warns else []
    assert [line for line in report.warnings if "unbalanced" in line] == expected


def test_small_splits_are_told_with_the_weight_of_one_image() -> None:
    warnings = report_on([0, 1] * 8, ["cat", "dog"]).warnings
    assert "the test split has only 4 images: each is worth 25.0 points" in warnings


def test_files_with_the_same_problem_share_a_line() -> None:
    problems = dict.fromkeys(range(5), "an empty file") | {6: "not an image"}
    assert report_on([0, 1] * 8, ["cat", "dog"], problems=problems).problems == (
        "0.png, 1.png, 2.png and 2 more: an empty file",
        "6.png: not an image",
    )


def test_lines_mark_warnings_and_errors() -> None:
    report = Report(("a fact",), ("a doubt",), ("a problem",))
    assert list(report.lines()) == ["a fact", "warning: a doubt", "error: a problem"]

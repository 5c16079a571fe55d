"""Images that are in the data twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.test_datasets.broken_data import Break, Case, assert_answer, check_and_load, copy, name_of
from tests.test_datasets.own_data import image_folder, pixels


def save_brighter_copy(by: int) -> Break:
    """Put a copy of a training image, brighter by some grey levels, into val/."""

    def save(root: Path) -> None:
        dark = pixels(500) // 2
        Image.fromarray(dark).save(root / "train/cat/dark.png")
        Image.fromarray((dark + by).astype(np.uint8)).save(root / "val/cat/bright.png")

    return save


CASES = [
    Case(
        "in two splits",
        copy("train/cat/1.png", "val/cat/9.png"),
        r"the same image in two splits: train/cat/1\.png and val/cat/9\.png",
        is_warning=True,
    ),
    Case(
        "in two classes",
        copy("train/cat/1.png", "train/dog/9.png"),
        r"the same image in two classes: train/cat/1\.png and train/dog/9\.png",
        is_warning=True,
    ),
    Case(
        "nearly the same",
        save_brighter_copy(2),
        r"nearly the same image in two splits: train/cat/dark\.png and val/cat/bright\.png",
        is_warning=True,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_duplicate_is_a_warning_that_names_both_files(case: Case, tmp_path: Path) -> None:
    assert_answer(case, "image_folder", tmp_path)


@pytest.mark.parametrize("by", [6, 40])
def test_images_that_differ_by_more_than_three_grey_levels_are_not_duplicates(
    by: int, tmp_path: Path
) -> None:
    root = image_folder(tmp_path / "d")
    save_brighter_copy(by)(root)
    error, report = check_and_load("image_folder", {"root": str(root)}, tmp_path / "cache")
    assert error == ""
    assert not [line for line in report.warnings if "same image" in line]


def test_uniform_images_are_not_taken_for_each_other(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "d")
    for number, path in enumerate(("train/cat/plain.png", "val/cat/plain.png")):
        Image.fromarray(np.full((10, 12, 3), 100 + number, np.uint8)).save(root / path)
    error, report = check_and_load("image_folder", {"root": str(root)}, tmp_path / "cache")
    assert error == ""
    assert not [line for line in report.warnings if "same image" in line]


def test_two_copies_within_a_split_and_class_are_not_reported(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "d")
    copy("train/cat/1.png", "train/cat/9.png")(root)
    _, report = check_and_load("image_folder", {"root": str(root)}, tmp_path / "cache")
    assert not [line for line in report.warnings if "same image" in line]

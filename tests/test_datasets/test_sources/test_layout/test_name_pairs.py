"""Masks and their images by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.layout.name_pairs import (
    Key,
    add_file,
    count_pairs,
    find_suffix,
    find_suffix_beside,
    longest_match,
    match_names,
    with_suffix,
    without_suffix,
)
from user_error import UserError


def keys(*stems: str, split: str | None = None) -> dict[Key, Path]:
    return {(split, (), stem): Path("d", f"{stem}.png") for stem in stems}


@pytest.mark.parametrize(
    ("images", "masks", "suffix"),
    [
        (("a", "b"), ("a", "b"), ""),
        (("a", "b"), ("a", "b_mask"), ""),
        (("a", "b"), ("a_mask", "b_mask"), "_mask"),
        (("1", "10"), ("1_segmentation", "10_segmentation"), "_segmentation"),
        (("1", "11"), ("10_seg", "1_seg", "11_seg"), "_seg"),
        (("a.b", "c.d"), ("a.b.label", "c.d.label"), ".label"),
        (("a", "b"), ("amask", "bmask"), "mask"),
        (("1", "2"), ("11", "12", "21"), ""),
        (("a", "b"), ("c", "d"), ""),
        ((), (), ""),
    ],
)
def test_the_suffix_is_what_masks_have_more(
    images: tuple[str, ...], masks: tuple[str, ...], suffix: str
) -> None:
    assert find_suffix(keys(*images), keys(*masks)) == suffix


def test_two_suffixes_are_ambiguous_unless_one_is_rare() -> None:
    images, often = keys("a", "b", "c"), ("a_ids", "b_ids", "c_ids")
    with pytest.raises(UserError, match=r"end in '_color' and in '_ids'; choose one .* mask_suffix: _color"):
        find_suffix(images, keys(*often, "a_color", "b_color"))
    assert find_suffix(images, keys(*often, "a_color")) == "_ids"


def test_a_suffix_is_sought_in_the_same_split_and_folder_alone() -> None:
    images: set[Key] = {("train", ("x",), "a")}
    assert find_suffix(images, {("train", ("x",), "a_mask")}) == "_mask"
    assert find_suffix(images, {("test", ("x",), "a_mask")}) == ""
    assert find_suffix(images, {("train", ("y",), "a_mask")}) == ""


@pytest.mark.parametrize(
    ("stems", "suffix"),
    [
        (("a", "a_mask", "b"), "_mask"),
        (("x (1)", "x (1)_mask", "x (1)_mask_1"), "_mask"),
        (("a", "a-Ground-Truth"), "-Ground-Truth"),
        (("a", "a_flip", "mask", "face_mask"), ""),
    ],
)
def test_beside_their_images_masks_are_told_by_a_word_for_masks(stems: tuple[str, ...], suffix: str) -> None:
    assert find_suffix_beside(keys(*stems)) == suffix


def test_keys_of_images_and_masks_differ_by_the_suffix() -> None:
    image: Key = ("train", ("x",), "a")
    assert with_suffix(image, "_m") == ("train", ("x",), "a_m")
    assert without_suffix(("train", ("x",), "a_m"), "_m") == image
    assert without_suffix(("train", ("x",), "a"), "_m") is None
    assert without_suffix(image, "") == image
    assert longest_match((None, (), "ab_x"), keys("a", "ab")) == "_x"
    assert count_pairs(keys("a", "b"), keys("a_m", "c_m"), "_m") == 1


def test_pairs_keep_the_order_of_the_images_and_the_rest_is_a_warning() -> None:
    warnings: list[str] = []
    pairs = match_names(keys("2", "1", "3"), keys("1_m", "2_m", "9_m"), "_m", warnings, Path("d"))
    assert [path.stem for path in pairs.images] == ["2", "1"]
    assert [path.stem for path in pairs.masks] == ["2_m", "1_m"]
    assert warnings == ["images without masks, left out: 3.png", "masks without images, left out: 9_m.png"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ("d/a.jpg", "d: a.png and a.jpg differ only in their extension; keep one"),
        ("e/a.png", "d/a.png and e/a.png have the same name, so that a mask could belong to either"),
    ],
)
def test_a_second_file_of_one_name_is_an_error(other: str, message: str) -> None:
    files = keys("a")
    with pytest.raises(UserError, match=message):
        add_file(files, (None, (), "a"), Path(other), "d")

"""Pairs by split, and the words for what was taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.layout.folder_tree import read_folder
from datasets.sources.layout.pair_folders import find_pair_folders
from tests.test_datasets.layouts import Layout, make
from user_error import UserError


def test_it_is_told_what_was_taken_for_what(tmp_path: Path) -> None:
    root = make(Layout("", ["img/{train,val}/a.png", "gt/{train,val}/a_gt.png"]), tmp_path / "d")
    found = find_pair_folders(read_folder(root, []))
    assert found.places == {"train": "img/train/", "validation": "img/val/"}
    assert found.layout == (
        "images and masks paired by names that differ by '_gt' (option mask_suffix), splits by name"
        " (train: images img/train/, masks gt/train/; validation: images img/val/, masks gt/val/)"
    )


def test_masks_beside_their_images_are_told_as_such(tmp_path: Path) -> None:
    root = make(Layout("", ["x/{a,b}.png", "x/{a,b}_mask.png"]), tmp_path / "d")
    found = find_pair_folders(read_folder(root, []))
    assert (
        found.layout
        == "images and masks paired by names that differ by '_mask' (option mask_suffix), no splits (both in x/)"
    )


def test_a_split_of_masks_alone_is_left_out_with_a_warning(tmp_path: Path) -> None:
    root = make(Layout("", ["train/{images,masks}/a.png", "test/masks/b.png"]), tmp_path / "d")
    warnings: list[str] = []
    assert find_pair_folders(read_folder(root, warnings)).pairs.keys() == {"train"}
    assert warnings == ["masks without images, left out: test/masks/b.png"]


def test_masks_that_are_no_images_are_named(tmp_path: Path) -> None:
    root = make(Layout("", ["images/{a,b}.png"], others=["masks/{a,b}.npy"]), tmp_path / "d")
    with pytest.raises(UserError, match=r"seen: images/ \(2 images\); 2 other files, such as masks/a\.npy"):
        find_pair_folders(read_folder(root, []))


def test_files_among_the_masks_that_are_no_images_are_a_warning(tmp_path: Path) -> None:
    root = make(Layout("", ["{images,masks}/a.png"], others=["masks/note.txt"]), tmp_path / "d")
    warnings: list[str] = []
    find_pair_folders(read_folder(root, warnings))
    assert warnings == ["files without an image extension, left out: masks/note.txt"]


@pytest.mark.parametrize(
    ("files", "suffix", "message"),
    [
        ([], "", r"no folder of masks \(seen: no image files\); the layout is images/x.jpg"),
        (["pictures/a.png"], "", r"no folder of masks \(seen: pictures/ \(1 images\)\); the layout is"),
        (["a.png"], "_x", "no file named x_x.png beside x.jpg, and no folder of masks"),
        (["masks/a.png"], "", r"no folder of images \(seen: masks/ \(1 images\)\); the layout is"),
        (["val/{images,masks}/a.png"], "", "there is val/ but no train/"),
        (
            ["images/a.png", "masks/a.png"],
            "_x",
            r"no image has a mask of the name with '_x' \(seen: images/a",
        ),
        (
            ["train/{images,masks}/a.png", "val/images/b.png"],
            "",
            "val/: no image has a mask of the same name .*; without val/ a validation split is drawn",
        ),
    ],
)
def test_another_layout_is_refused_with_what_was_seen(
    files: list[str], suffix: str, message: str, tmp_path: Path
) -> None:
    root = make(Layout("", files), tmp_path / "d")
    with pytest.raises(UserError, match=message):
        find_pair_folders(read_folder(root, []), suffix)

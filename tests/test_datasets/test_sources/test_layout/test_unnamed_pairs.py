"""Images and masks whose folders do not say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.layout.folder_tree import Folder, read_folder
from datasets.sources.layout.unnamed_pairs import reject_unnamed_pairs, warn_of_masks_among_images
from tests.test_datasets.layouts import Layout, make
from user_error import UserError


def tree(root: Path, photos: list[str], masks: list[str]) -> Folder:
    return read_folder(make(Layout("", photos, masks), root), [])


def reject(base: Folder) -> None:
    reject_unnamed_pairs(base, {folder.name: folder for folder in base.folders})


@pytest.mark.parametrize(
    ("photos", "masks", "message"),
    [
        (["a/{1,2}.png"], ["b/{1,2}.png"], "the files of b/ look like masks of those of a/"),
        (["b/{1,2}.png"], ["a/{1,2}.png"], "the files of a/ look like masks of those of b/"),
        (["{a,c}/{1,2,3}.png"], ["b/{1,2}.png"], "the files of b/ look like masks of those of a/"),
        (["{a,b}/{1,2}.jpg"], ["{a,b}/{1,2}.png"], "a/1.png looks like the mask of 1.jpg"),
        (["{a,b}/image.png"], ["{a,b}/mask.png"], "a/mask.png looks like the mask of image.png"),
        (["{a,b}/{1,2}.jpg"], ["{a,b}/{1,2}_x.png"], "a/1_x.png looks like the mask of 1.jpg"),
    ],
)
def test_folders_that_look_like_images_and_masks_are_refused(
    photos: list[str], masks: list[str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=message):
        reject(tree(tmp_path / "d", photos, masks))


@pytest.mark.parametrize(
    ("photos", "masks"),
    [
        (["{a,b}/{1,2}.png"], []),
        (["{a,b}/{1,2}.png", "{a,b}/{1,2}_flip.png"], []),
        (["a/{1,2,3,4,5}.png"], ["b/{1,2}.png"]),
        (["a/{1,2}.png"], ["b/{3,4}.png"]),
        (["{a,c,d,e}/{1,2}.png"], ["b/{1,2}.png"]),
    ],
)
def test_classes_of_photographs_pass(photos: list[str], masks: list[str], tmp_path: Path) -> None:
    reject(tree(tmp_path / "d", photos, masks))


def test_single_masks_among_the_images_of_a_class_are_a_warning(tmp_path: Path) -> None:
    base = tree(tmp_path / "d", ["a/{1,2}.png", "b/face_mask.png"], ["a/1_mask.png"])
    (warning,) = warn_of_masks_among_images(base)
    assert warning.endswith("taken for images of the class: a/1_mask.png")

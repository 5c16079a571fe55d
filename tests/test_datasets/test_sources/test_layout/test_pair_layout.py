"""A folder of images and masks, or of classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.layout.folder_tree import read_folder
from datasets.sources.layout.pair_layout import is_pair_layout
from tests.test_datasets.layouts import Layout, make


@pytest.mark.parametrize(
    ("photos", "masks", "others", "expected"),
    [
        (["images/{1,2}.png"], ["masks/{1,2}.png"], [], True),
        ([], [], ["images/", "masks/"], True),
        (["cat/1.png"], [], ["images/", "masks/"], False),
        (["img_dir/a.png"], ["ann_dir/b.png"], [], True),
        (["my_photos/a.png"], ["my_labels/b.png"], [], True),
        (["other/{1,2}.png"], ["masks/{1,2}.png"], [], True),
        (["other/{1,2}.png", "mask/{1,2}.png"], [], [], False),
        (["{mask,picture_frame,cat,dog,car}/{1,2}.png"], [], [], False),
        (["{photo,cartoon,sketch}/{1,2}.png"], [], [], False),
        (["{with,without}_mask/{1,2}.png"], [], [], False),
        (["train/{valid,invalid}/{1,2}.png"], [], [], False),
        (["{a,b}/{1,2,3,4}.png"], ["a/1_mask.png"], [], False),
        (["images/{1,2}.png"], [], ["labels/{1,2}.txt"], False),
    ],
)
def test_images_with_masks_are_told_from_classes(
    photos: list[str], masks: list[str], others: list[str], expected: bool, tmp_path: Path
) -> None:
    root = make(Layout("", photos, masks, others), tmp_path / "d")
    assert is_pair_layout(read_folder(root, [])) is expected

"""Folders of images with masks: listed, or answered in one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.sources.mask_folder import list_examples
from tests.test_datasets.broken_data import (
    Case,
    assert_answer,
    copy,
    do_nothing,
    empty,
    name_of,
    remove,
    remove_file,
)
from tests.test_datasets.own_data import mask_folder


def save_palette_masks(root: Path) -> None:
    for path in root.glob("*/masks/*.png"):
        with Image.open(path) as plain:
            mask = Image.frombytes("P", plain.size, plain.tobytes())
        mask.putpalette([9, 9, 9, 200, 0, 0])
        mask.save(path)


def save_color_masks(root: Path) -> None:
    colors = np.array([[0, 0, 0], [255, 0, 0]], np.uint8)
    for path in root.glob("*/masks/*.png"):
        Image.fromarray(colors[np.arange(120).reshape(10, 12) % 2]).save(path)


CASES = [
    Case("palette masks", save_palette_masks, ""),
    Case("color masks", save_color_masks, "", {"palette": "#000000, #FF0000"}),
    Case(
        "color masks without a palette",
        save_color_masks,
        r"14 of 14 masks \(train/images/0\.png.*are in colors: .*; set palette: '#000000 #ff0000'",
    ),
    Case(
        "a color beyond the palette",
        save_color_masks,
        r"14 of 14 masks .* hold colors that are not in the palette: #ff0000 \(840 pixels\); set palette: '.*#ff0000'",
        {"palette": "#000000 #00ff00"},
    ),
    Case(
        "a palette of another length",
        do_nothing,
        r"palette: 2 colors for 3 classes",
        {"palette": "#000000 #00ff00", "classes": "a, b, c"},
    ),
    Case(
        "image without a mask",
        remove_file("train/masks/5.png"),
        r"images without masks, left out: train/images/5\.png",
        is_warning=True,
    ),
    Case(
        "mask without an image",
        remove_file("train/images/5.png"),
        r"masks without images, left out: train/masks/5\.png",
        is_warning=True,
    ),
    Case(
        "no masks at all",
        empty("train/masks"),
        r"train/: no image has a mask of the same name \(seen: train/images/0\.png\)",
    ),
    Case(
        "no folder of masks", remove("train/masks"), r"no image has a mask of the same name .*; the layout is"
    ),
    Case(
        "equal stems",
        copy("train/images/1.png", "train/images/1.jpg"),
        r"1\.jpg and 1\.png differ only in their extension; keep one",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_another_layout_loads_or_is_answered_in_one_line(case: Case, tmp_path: Path) -> None:
    assert_answer(case, "mask_folder", tmp_path)


OPTIONS: dict[str, int | str] = {"classes": "", "palette": "", "ignore": -1}


def test_pairs_are_listed_by_split_and_name(tmp_path: Path) -> None:
    listing = list_examples({"root": str(mask_folder(tmp_path)), **OPTIONS})
    train = [f"train/images/{number}.png" for number in range(8)]
    assert listing.names == train + [f"val/images/{number}.png" for number in range(6)]
    assert listing.splits["validation"].tolist() == list(range(8, 14))
    assert listing.origins == {"train": "train/", "validation": "val/"}
    assert (listing.labels.size, listing.classes, listing.ignore_index) == (0, (), None)
    assert listing.reader.load_mask(0).tolist() == [[0] * 6 + [1] * 6] * 10


def test_the_fingerprint_covers_the_masks(tmp_path: Path) -> None:
    root = mask_folder(tmp_path)
    before = list_examples({"root": str(root), **OPTIONS}).fingerprint
    (root / "val/masks/0.png").write_bytes(b"")
    assert list_examples({"root": str(root), **OPTIONS}).fingerprint != before


def test_a_palette_names_the_classes_where_nothing_else_does(tmp_path: Path) -> None:
    options = {**OPTIONS, "palette": "#000000 #ff0000", "ignore": "#ffffff"}
    listing = list_examples({"root": str(mask_folder(tmp_path)), **options})
    assert (listing.classes, listing.ignore_index) == (("#000000", "#ff0000"), 2)

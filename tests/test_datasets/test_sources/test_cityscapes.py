"""Cityscapes in its published folders."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from torchvision.datasets import Cityscapes

from datasets.sources import cityscapes
from datasets.sources.listing import Listing
from tests.test_datasets import true_formats
from user_error import UserError


def list_cityscapes(root: Path) -> Listing:
    return cityscapes.list_examples({"root": str(root)}, "segmentation", root / "cache")


def test_the_train_ids_are_torchvisions() -> None:
    table = cityscapes.train_id_table()
    for label in Cityscapes.classes:
        if label.id >= 0:
            expected = label.train_id if 0 <= label.train_id < 255 else 255
            assert table[label.id] == expected, label.name
    names = {label.train_id: label.name for label in Cityscapes.classes if not label.ignore_in_eval}
    assert list(cityscapes.CLASSES.values()) == [names[train_id] for train_id in range(19)]


def test_val_is_the_test_split_and_masks_hold_train_ids(tmp_path: Path) -> None:
    true_formats.cityscapes(tmp_path)
    listing = list_cityscapes(tmp_path)
    assert {split: len(positions) for split, positions in listing.splits.items()} == {"train": 10, "test": 4}
    assert listing.origins == {"train": "train/", "test": "val/"}
    assert listing.names[10] == "leftImg8bit/val/aachen/aachen_000000_000019_leftImg8bit.png"
    stored = np.asarray(Image.open(tmp_path / "gtFine/val/aachen/aachen_000000_000019_gtFine_labelIds.png"))
    mask = listing.reader.load_mask(10)
    train_ids = {0: 255, 7: 0, 26: 13, 33: 18}
    assert np.array_equal(mask, np.vectorize(train_ids.get)(stored))


MASK = "gtFine/train/aachen/aachen_000003_000019_gtFine_labelIds.png"
CASES: list[tuple[Callable[[Path], object], str]] = [
    (lambda root: shutil.rmtree(root / "gtFine/val"), r"gtFine/val: no such folder"),
    (lambda root: shutil.rmtree(root / "leftImg8bit"), r"leftImg8bit/train: no such folder"),
    (lambda root: (root / MASK).unlink(), rf"{MASK}: no such mask"),
    (lambda root: shutil.rmtree(root / "leftImg8bit/val/aachen"), r"leftImg8bit/val: no images"),
]


@pytest.mark.parametrize(("break_folder", "message"), CASES)
def test_what_is_missing_is_named(
    break_folder: Callable[[Path], object], message: str, tmp_path: Path
) -> None:
    true_formats.cityscapes(tmp_path)
    break_folder(tmp_path)
    with pytest.raises(UserError, match=f"data set cityscapes: .*{message}"):
        list_cityscapes(tmp_path)

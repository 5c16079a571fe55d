"""ImageNet's folders, and parts of them."""

from __future__ import annotations

import shutil
from pathlib import Path

from datasets.sources import imagenet
from datasets.sources.listing import Listing
from tests.test_datasets import true_formats

FISH, PAJAMA = "n01440764", "n03888257"


def list_imagenet(root: Path, classes: str = "") -> Listing:
    return imagenet.list_examples({"root": str(root), "classes": classes}, "classification", root / "cache")


def test_val_is_the_test_split(tmp_path: Path) -> None:
    true_formats.imagenet(tmp_path)
    listing = list_imagenet(tmp_path)
    assert {split: positions.tolist() for split, positions in listing.splits.items()} == {
        "train": list(range(20)),
        "test": list(range(20, 28)),
    }
    assert listing.origins == {"train": "train/", "test": "val/"}
    assert listing.names[20] == f"val/{FISH}/{FISH}_0.JPEG"


def test_with_a_test_folder_val_is_the_validation_split(tmp_path: Path) -> None:
    true_formats.imagenet(tmp_path)
    shutil.copytree(tmp_path / "val", tmp_path / "test")
    assert list_imagenet(tmp_path).origins == {"train": "train/", "validation": "val/", "test": "test/"}


def test_a_part_of_the_classes_can_be_chosen(tmp_path: Path) -> None:
    true_formats.imagenet(tmp_path)
    listing = list_imagenet(tmp_path, PAJAMA)
    assert (listing.classes, listing.problems) == ((PAJAMA,), ())
    assert len(listing.names) == 14
    assert list_imagenet(tmp_path, "n1").problems[0].startswith("class 'n1' has no folder in train/")

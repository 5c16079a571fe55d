"""CamVid in SegNet's folders and in the layout of `mask_folder`."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from datasets.sources import camvid
from datasets.sources.listing import Listing
from tests.test_datasets import true_formats
from tests.test_datasets.own_data import mask_folder

OPTIONS = {"size": "", "fit": "stretch"}


def list_camvid(root: Path) -> Listing:
    return camvid.list_examples({**OPTIONS, "root": str(root)}, "segmentation", root / "cache")


def test_segnets_folders_are_listed_with_their_three_splits(tmp_path: Path) -> None:
    true_formats.camvid(tmp_path)
    listing = list_camvid(tmp_path)
    assert {split: len(positions) for split, positions in listing.splits.items()} == {
        "train": 6,
        "validation": 4,
        "test": 4,
    }
    assert listing.origins == {"train": "train/", "validation": "val/", "test": "test/"}
    assert listing.names[6] == "val/0001TP_0.png"
    stored = np.asarray(Image.open(tmp_path / "valannot/0001TP_0.png"))
    assert np.array_equal(listing.reader.load_mask(6), stored)
    assert (len(listing.classes), listing.classes[0], listing.ignore_index) == (11, "sky", 11)


def test_a_split_without_a_folder_is_left_out(tmp_path: Path) -> None:
    true_formats.camvid(tmp_path)
    shutil.rmtree(tmp_path / "test")
    assert list_camvid(tmp_path).splits.keys() == {"train", "validation"}


def test_an_image_without_a_mask_is_a_warning(tmp_path: Path) -> None:
    true_formats.camvid(tmp_path)
    (tmp_path / "trainannot/0001TP_0.png").unlink()
    listing = list_camvid(tmp_path)
    assert listing.warnings == ("images without masks, left out: train/0001TP_0.png",)


def test_the_layout_of_mask_folder_is_read_with_camvids_classes(tmp_path: Path) -> None:
    listing = list_camvid(mask_folder(tmp_path))
    assert (listing.classes, listing.ignore_index) == (camvid.CLASSES, 11)
    assert listing.names[0] == "train/images/0.png"

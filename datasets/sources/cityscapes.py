"""Cityscapes (Cordts et al., CVPR 2016): the published folders, with its 19 evaluated classes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from user_error import UserError

from . import folder_layout, listing, mask_folder
from .file_dataset import COMMON_OPTIONS, FileDataset, Options
from .folder_layout import MaskCoding
from .layout.name_pairs import ImageMaskPairs
from .listing import Ints, Listing
from .mask_folder import MaskClasses

IGNORE_INDEX = 255
SPLITS = {"train": "train", "test": "val"}
"""The labels of test/ are not public, so papers report val/: it is the test split."""
CLASSES = {
    7: "road",
    8: "sidewalk",
    11: "building",
    12: "wall",
    13: "fence",
    17: "pole",
    19: "traffic light",
    20: "traffic sign",
    21: "vegetation",
    22: "terrain",
    23: "sky",
    24: "person",
    25: "rider",
    26: "car",
    27: "truck",
    28: "bus",
    31: "train",
    32: "motorcycle",
    33: "bicycle",
}
"""The names of the 19 evaluated label ids, in the order of their train ids."""


def list_examples(options: Options, task: str, cache: Path) -> Listing:
    """List leftImg8bit/<split>/<city>/* with gtFine/<split>/<city>/*_labelIds.png.

    Raises UserError for a missing folder or mask.
    """
    root = folder_layout.require_root("cityscapes", str(options["root"]))
    pairs = {
        split: _list_pairs(root / "leftImg8bit" / name, root / "gtFine" / name)
        for split, name in SPLITS.items()
    }
    origins = {split: f"{name}/" for split, name in SPLITS.items()}
    classes = MaskClasses(tuple(CLASSES.values()), IGNORE_INDEX, MaskCoding(table=train_id_table()))
    return mask_folder.build_listing(root, pairs, classes, origins=origins)


def train_id_table() -> Ints:
    """Return the train id of each label id (256,); ids that are not evaluated are ignored."""
    table = np.full(256, IGNORE_INDEX)
    table[list(CLASSES)] = np.arange(len(CLASSES))
    return table


def _list_pairs(images: Path, masks: Path) -> ImageMaskPairs:
    for folder in (images, masks):
        if not folder.is_dir():
            raise UserError(f"data set cityscapes: {listing.printable(str(folder))}: no such folder")
    files = [path for city in listing.list_folder(images) for path in listing.list_folder(city)]
    if not files:
        raise UserError(f"data set cityscapes: {listing.printable(str(images))}: no images")
    labels = [masks / path.parent.name / _mask_name(path) for path in files]
    missing = [path for path in labels if not path.is_file()]
    if missing:
        raise UserError(f"data set cityscapes: {listing.printable(str(missing[0]))}: no such mask")
    return ImageMaskPairs(files, labels)


def _mask_name(image: Path) -> str:
    return image.name.replace("_leftImg8bit", "_gtFine_labelIds")


DATASET = FileDataset(
    name="cityscapes",
    title="3,475 street scenes of 1024x2048, 19 classes; val is the test split",
    license="non-commercial, by registration",
    tasks=("segmentation",),
    list_examples=list_examples,
    options=COMMON_OPTIONS,
    megabytes=11600,
    citation="Cordts et al., The Cityscapes dataset, CVPR 2016",
    url="https://www.cityscapes-dataset.com",
)

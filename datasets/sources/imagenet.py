"""ImageNet (Russakovsky et al., IJCV 2015): train/<wnid>/* and val/<wnid>/*, or a part of its classes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from ..options import Option, parse_text
from . import folder_layout, image_folder
from .file_dataset import COMMON_OPTIONS, FileDataset, Options
from .layout.folder_tree import read_folder
from .listing import Listing


def list_examples(options: Options, task: str, cache: Path) -> Listing:
    """List the class folders; papers report the labelled val/, so it is the test split if there is no test/."""
    root = folder_layout.require_root("imagenet", str(options["root"]))
    tree = read_folder(root, [])
    return _use_val_as_test(image_folder.list_class_folders(tree, classes=str(options["classes"])))


def _use_val_as_test(listing: Listing) -> Listing:
    if "test" in listing.splits or "validation" not in listing.splits:
        return listing
    renamed = {"train": "train", "validation": "test"}
    return replace(
        listing,
        splits={renamed[split]: positions for split, positions in listing.splits.items()},
        origins={renamed[split]: origin for split, origin in listing.origins.items()},
    )


DATASET = FileDataset(
    name="imagenet",
    title="ImageNet: train/<wnid> and val/<wnid>, or a part of it; val is the test split",
    license="research use, by registration",
    tasks=("classification",),
    list_examples=list_examples,
    options={
        **COMMON_OPTIONS,
        "classes": Option(default="", parse=parse_text, help="some wnids separated by commas; default: all"),
    },
    megabytes=148000,
    checksum="md5 1d675b47d978889d74fa0da5fadfb00e (train)",
    citation="Russakovsky et al., ImageNet large scale visual recognition challenge, IJCV 2015",
    url="https://www.image-net.org",
)

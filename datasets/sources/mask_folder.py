"""Images with masks: `root/<split>/images/*` and `root/<split>/masks/*` with equal stems; or without the split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from user_error import UserError

from ..masks.values import MaskMeaning, read_meaning, to_palette
from . import folder_layout, listing
from .folder_layout import FolderReader, MaskCoding
from .listing import Listing, join_names, printable


class ImageMaskPairs(NamedTuple):
    """Images and their masks, equal in number and order."""

    images: list[Path]
    masks: list[Path]


class MaskClasses(NamedTuple):
    """The classes of masks, the value that is ignored, and how stored values become classes.

    meaning: what the options say of the values, for data whose classes follow from the values found.
    """

    names: tuple[str, ...]
    ignore_index: int | None
    coding: MaskCoding
    meaning: MaskMeaning | None = None


def list_examples(options: Mapping[str, int | str], *, name: str = "mask_folder") -> Listing:
    """List all pairs of image and mask below the root. Raises UserError for another layout."""
    root = folder_layout.require_root(name, str(options["root"]))
    splits = folder_layout.find_split_folders(root)
    warnings: list[str] = []
    pairs = {
        split: match_pairs(folder / "images", folder / "masks", warnings, root)
        for split, folder in splits.items()
    }
    classes, problems = _read_classes(root, options)
    origins = {split: folder_layout.describe_split_folder(root, folder) for split, folder in splits.items()}
    return build_listing(root, pairs, classes, origins=origins, problems=problems, warnings=warnings)


def build_listing(
    root: Path,
    pairs: Mapping[str, ImageMaskPairs],
    classes: MaskClasses,
    *,
    origins: dict[str, str],
    problems: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> Listing:
    """Return the listing of the pairs of each split."""
    images = [path for of_split in pairs.values() for path in of_split.images]
    masks = [path for of_split in pairs.values() for path in of_split.masks]
    return Listing(
        reader=FolderReader(images, masks, classes.coding),
        names=[str(path.relative_to(root)) for path in images],
        labels=np.empty(0, np.int64),
        splits=folder_layout.number_splits(
            {split: len(of_split.images) for split, of_split in pairs.items()}
        ),
        classes=classes.names,
        ignore_index=classes.ignore_index,
        meaning=classes.meaning,
        origins=origins,
        problems=tuple(problems),
        warnings=tuple(warnings),
        fingerprint=listing.fingerprint_files([*images, *masks], root),
    )


def _read_classes(root: Path, options: Mapping[str, int | str]) -> tuple[MaskClasses, list[str]]:
    """Return the classes that the options and `classes.txt` describe, and the problems with them."""
    names = folder_layout.read_class_names(root, str(options["classes"])) or ()
    meaning, problems = read_meaning(names, options)
    coding = MaskCoding(palette=to_palette(meaning.palette))
    return MaskClasses(meaning.names, meaning.ignore, coding, meaning), problems


def match_pairs(image_folder: Path, mask_folder: Path, warnings: list[str], root: Path) -> ImageMaskPairs:
    """Match images and masks by their stems; warn of those without a partner. Raises UserError for no pairs."""
    images, masks = (_index_by_stem(folder, warnings, root) for folder in (image_folder, mask_folder))
    for files, partners, kind in (
        (images, masks, "images without masks"),
        (masks, images, "masks without images"),
    ):
        single = [
            printable(str(path.relative_to(root))) for stem, path in files.items() if stem not in partners
        ]
        if single:
            warnings.append(f"{kind}, left out: {join_names(single)}")
    stems = [stem for stem in images if stem in masks]
    if not stems:
        layout = "the layout is images/x.jpg, masks/x.png"
        raise UserError(f"{printable(str(image_folder))}: no image has a mask of the same name; {layout}")
    return ImageMaskPairs([images[stem] for stem in stems], [masks[stem] for stem in stems])


def _index_by_stem(folder: Path, warnings: list[str], root: Path) -> dict[str, Path]:
    """Map relative paths without extension to image files. Raises UserError for no folder and for equal stems."""
    if not folder.is_dir():
        layout = "the layout is <split>/images/x.jpg, <split>/masks/x.png"
        raise UserError(f"{printable(str(folder))}: no such folder; {layout}")
    by_stem: dict[str, Path] = {}
    other = []
    for path in listing.walk_files(folder, warnings=warnings, root=root):
        stem = str(path.relative_to(folder).with_suffix(""))
        if not listing.is_image_file(path):
            other.append(printable(str(path.relative_to(root))))
        elif stem in by_stem:
            both = f"{printable(by_stem[stem].name)} and {printable(path.name)}"
            raise UserError(f"{printable(str(folder))}: {both} differ only in their extension; keep one")
        else:
            by_stem[stem] = path
    if other:
        warnings.append(f"files without an image extension, left out: {join_names(other)}")
    return by_stem

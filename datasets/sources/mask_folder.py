"""Images with masks: `root/<split>/images/*` and `root/<split>/masks/*` with equal stems; or without the split."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from user_error import UserError

from ..options import Option, Scalar, parse_text
from . import folder_layout, listing
from .folder_layout import FolderReader, MaskCoding
from .image_decoding import Bytes
from .listing import Listing, join_names, printable

NO_IGNORE = -1


class ImageMaskPairs(NamedTuple):
    """Images and their masks, equal in number and order."""

    images: list[Path]
    masks: list[Path]


class MaskClasses(NamedTuple):
    """The classes of masks, the value that is ignored, and how stored values become classes."""

    names: tuple[str, ...]
    ignore_index: int | None
    coding: MaskCoding


def parse_palette(value: Scalar) -> str:
    """Return colors in the order of the classes in canonical form, '#000000 #ff0000'.

    Raises UserError for a word that is not a color and for a color that appears twice.
    """
    words = re.split(r"[,\s]+", parse_text(value).lower()) if value else []
    for word in words:
        if not re.fullmatch(r"#?[0-9a-f]{6}", word):
            raise UserError(f"{word!r} is not a color; write the classes' colors as '#000000 #ff0000'")
    if len(set(words)) < len(words):
        raise UserError("two classes have the same color")
    return " ".join(f"#{word.removeprefix('#')}" for word in words)


OPTIONS: Mapping[str, Option] = {
    "palette": Option(
        default="", parse=parse_palette, help="the classes' colors in their order, '#000000 #ff0000'"
    ),
    "ignore": Option(
        default=NO_IGNORE, low=NO_IGNORE, high=255, help="the mask value of pixels without a class; -1: none"
    ),
}


def palette_array(option: str) -> Bytes | None:
    """Convert a parsed palette to RGB values (k,3); None for an empty one."""
    if not option:
        return None
    return np.array([list(bytes.fromhex(word[1:])) for word in option.split()], np.uint8)


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
        origins=origins,
        problems=tuple(problems),
        warnings=tuple(warnings),
        fingerprint=listing.fingerprint_files([*images, *masks], root),
    )


def _read_classes(root: Path, options: Mapping[str, int | str]) -> tuple[MaskClasses, list[str]]:
    """Return the classes that the options and `classes.txt` describe, and the problems with them."""
    names = folder_layout.read_class_names(root, str(options["classes"])) or ()
    palette = palette_array(str(options["palette"]))
    problems = []
    if palette is not None and not names:
        names = tuple(str(options["palette"]).split())
    if palette is not None and len(palette) != len(names):
        problems.append(f"palette: {len(palette)} colors for {len(names)} classes")
    ignore = int(options["ignore"])
    ignore_index = None if ignore == NO_IGNORE else ignore
    return MaskClasses(names, ignore_index, MaskCoding(palette=palette)), problems


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

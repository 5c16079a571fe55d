"""Images with masks: `root/<split>/images/*` and `root/<split>/masks/*` with equal stems; or without the split.

`layout.pair_folders` finds them where they are named or nested in another way.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from user_error import UserError

from ..options import Option, Scalar, parse_text
from . import folder_layout, listing
from .folder_layout import CLASS_LIST, FolderReader, MaskCoding
from .image_decoding import Bytes
from .layout.folder_tree import read_folder
from .layout.name_pairs import ImageMaskPairs
from .layout.pair_folders import find_pair_folders
from .listing import Listing

NO_IGNORE = -1


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
    "mask_suffix": Option(
        default="",
        parse=parse_text,
        help="what masks' names add to their images', such as _mask; default: found",
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
    tree = read_folder(root, [])
    found = find_pair_folders(tree, str(options.get("mask_suffix", "")))
    classes, problems = _read_classes(root if (root / CLASS_LIST).is_file() else found.base, options)
    result = build_listing(
        found.base, found.pairs, classes, origins=found.places, problems=problems, warnings=tree.warnings
    )
    return replace(result, layout=found.layout)


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

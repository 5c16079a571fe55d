"""Images with masks: `root/<split>/images/*` and `root/<split>/masks/*` with equal stems; or without the split.

`layout.pair_folders` finds them where they are named or nested in another way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..masks import values
from ..masks.values import MaskMeaning, read_meaning, to_palette
from ..options import Option, parse_text
from . import folder_layout, listing
from .folder_layout import FolderReader, MaskCoding
from .layout.folder_tree import read_folder
from .layout.name_pairs import ImageMaskPairs
from .layout.pair_folders import find_pair_folders
from .listing import Listing

OPTIONS: Mapping[str, Option] = {
    **values.OPTIONS,
    "mask_suffix": Option(
        default="",
        parse=parse_text,
        help="what masks' names add to their images', such as _mask; default: found",
    ),
}


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
    tree = read_folder(root, [])
    found = find_pair_folders(tree, str(options.get("mask_suffix", "")))
    classes, problems = _read_classes(root, found.base, options)
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
        meaning=classes.meaning,
        origins=origins,
        problems=tuple(problems),
        warnings=tuple(warnings),
        fingerprint=listing.fingerprint_files([*images, *masks], root),
    )


def _read_classes(root: Path, base: Path, options: Mapping[str, int | str]) -> tuple[MaskClasses, list[str]]:
    """Return the classes that the options and `classes.txt` describe, and the problems with them."""
    names = folder_layout.read_class_names(root, str(options["classes"]), base) or ()
    meaning, problems = read_meaning(names, options)
    coding = MaskCoding(palette=to_palette(meaning.palette))
    return MaskClasses(meaning.names, meaning.ignore, coding, meaning), problems

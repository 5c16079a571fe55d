"""Own images with masks: `root/<split>/images/*` and `root/<split>/masks/*` with equal stems; or without the split."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from user_error import UserError

from ..options import Option, Scalar, text
from . import folder_layout, listing
from .image_decoding import Bytes
from .listing import Listing, shown, some

NO_IGNORE = -1


class Pairs(NamedTuple):
    """Images and masks, equal in number and order."""

    images: list[Path]
    masks: list[Path]


def palette_option(value: Scalar) -> str:
    """Colours in the order of the classes: '#000000 #ff0000', one spelling of them."""
    words = re.split(r"[,\s]+", text(value).lower()) if value else []
    for word in words:
        if not re.fullmatch(r"#?[0-9a-f]{6}", word):
            raise UserError(f"{word!r} is no colour; write the classes' colours as '#000000 #ff0000'")
    if len(set(words)) < len(words):
        raise UserError("two classes have the same colour")
    return " ".join(f"#{word.removeprefix('#')}" for word in words)


OPTIONS: Mapping[str, Option] = {
    "palette": Option(
        default="", read=palette_option, help="the classes' colours, '#000000 #ff0000', in their order"
    ),
    "ignore": Option(
        default=NO_IGNORE, low=NO_IGNORE, high=255, help="the mask value that is no class; -1: none"
    ),
}


def palette(option: str) -> Bytes | None:
    """The colours as (k,3); None for no palette."""
    if not option:
        return None
    return np.array([list(bytes.fromhex(word[1:])) for word in option.split()], np.uint8)


def read(options: Mapping[str, int | str], *, name: str = "mask_folder") -> Listing:
    """All pairs below the root. Raises UserError, one line, where the layout is another one."""
    root = folder_layout.rooted(name, str(options["root"]))
    splits = folder_layout.split_folders(root)
    doubts: list[str] = []
    found = {split: _pairs(folder, doubts, root) for split, folder in splits.items()}
    classes = folder_layout.class_names(root, str(options["classes"])) or ()
    colours = palette(str(options["palette"]))
    problems = []
    if colours is not None and not classes:
        classes = tuple(str(options["palette"]).split())
    if colours is not None and len(colours) != len(classes):
        problems.append(f"palette: {len(colours)} colours for {len(classes)} classes")
    return of_pairs(
        root,
        found,
        classes=classes,
        ignore=_ignore(options),
        colours=colours,
        places={split: _place(root, folder) for split, folder in splits.items()},
        problems=problems,
        doubts=doubts,
    )


def of_pairs(
    root: Path,
    found: Mapping[str, Pairs],
    *,
    classes: tuple[str, ...],
    ignore: int | None,
    colours: Bytes | None,
    places: dict[str, str],
    problems: list[str],
    doubts: list[str],
) -> Listing:
    """The listing of pairs by split."""
    images = [path for pairs in found.values() for path in pairs.images]
    masks = [path for pairs in found.values() for path in pairs.masks]
    ends = np.cumsum([0, *(len(pairs.images) for pairs in found.values())])
    given = {split: np.arange(*ends[number : number + 2]) for number, split in enumerate(found)}
    return Listing(
        reader=folder_layout.FolderReader(images, masks, colours),
        names=[str(path.relative_to(root)) for path in images],
        labels=np.empty(0, np.int64),
        given=given,
        classes=classes,
        ignore=ignore,
        places=places,
        problems=tuple(problems),
        warnings=tuple(doubts),
        stamp=listing.stamp([*images, *masks], root),
    )


def _place(root: Path, folder: Path) -> str:
    return f"{folder.relative_to(root).as_posix()}/" if folder != root else "all images"


def _ignore(options: Mapping[str, int | str]) -> int | None:
    value = int(options["ignore"])
    return None if value == NO_IGNORE else value


def _pairs(folder: Path, doubts: list[str], root: Path) -> Pairs:
    return matched(folder / "images", folder / "masks", doubts, root)


def matched(folder: Path, of_masks: Path, doubts: list[str], root: Path) -> Pairs:
    """Images and masks with equal stems; what has no partner is told and left out."""
    images, masks = (_by_stem(place, doubts, root) for place in (folder, of_masks))
    for one, other, kind in (
        (images, masks, "images without masks"),
        (masks, images, "masks without images"),
    ):
        lonely = [shown(str(path.relative_to(root))) for stem, path in one.items() if stem not in other]
        if lonely:
            doubts.append(f"{kind}, left out: {some(lonely)}")
    both = [stem for stem in images if stem in masks]
    if not both:
        layout = "the layout is images/x.jpg, masks/x.png"
        raise UserError(f"{shown(str(folder))}: no image has a mask of its name; {layout}")
    return Pairs([images[stem] for stem in both], [masks[stem] for stem in both])


def _by_stem(folder: Path, doubts: list[str], root: Path) -> dict[str, Path]:
    """Pictures by their path without extension. Raises UserError for a missing folder and for equal stems."""
    if not folder.is_dir():
        layout = "the layout is <split>/images/x.jpg, <split>/masks/x.png"
        raise UserError(f"{shown(str(folder))}: no such folder; {layout}")
    found: dict[str, Path] = {}
    other = []
    for path in listing.files(folder, doubts=doubts, root=root):
        stem = str(path.relative_to(folder).with_suffix(""))
        if not listing.is_picture(path):
            other.append(shown(str(path.relative_to(root))))
        elif stem in found:
            both = f"{shown(found[stem].name)} and {shown(path.name)}"
            raise UserError(f"{shown(str(folder))}: {both} differ in their extension alone; keep one")
        else:
            found[stem] = path
    if other:
        doubts.append(f"no images by their names, left out: {some(other)}")
    return found

"""Which files of one folder could be the masks of the files of another, by names or else by order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from .folder_tree import Folder
from .name_pairs import Key, longest_match

Pairs = tuple[list[Path], list[Path]]
"""Masks and their images, equal in number and order."""


def match_folders(masks: Folder, images: Folder) -> Pairs:
    """Return the files of equal names, or where few have them and the folders hold as many files, all in order."""
    one, other = _by_name(masks), _by_name(images)
    shared = sorted(one.keys() & other.keys())
    if 2 * len(shared) >= max(len(one), len(other)):
        return [one[name] for name in shared], [other[name] for name in shared]
    return match_order(list(one.values()), list(other.values()))


def have_equal_names(masks: Sequence[Path], images: Sequence[Path]) -> bool:
    """Tell whether masks and images were matched by equal names, and not by order."""
    return all(mask.stem == image.stem for mask, image in zip(masks, images, strict=True))


def match_order(masks: Sequence[Path], images: Sequence[Path]) -> Pairs:
    """Return as many masks as images in the order of their names, numbers by value; none for other counts."""
    if len(masks) != len(images):
        return [], []
    return sorted(masks, key=_order), sorted(images, key=_order)


def have_related_names(masks: Sequence[Path], images: Sequence[Path]) -> bool:
    """Tell whether each mask's name has a number of its image's name in it, or one name has the other in it."""
    return all(
        _numbers(mask) & _numbers(image) or mask.stem in image.stem or image.stem in mask.stem
        for mask, image in zip(masks, images, strict=True)
    )


def _numbers(path: Path) -> set[int]:
    return {int(number) for number in re.findall(r"[0-9]+", path.stem)}


def match_masks(masks: Folder, others: Sequence[Folder]) -> Pairs:
    """Return what `match_folders` finds in one of the others; else the masks whose stems begin with one in any."""
    for images in others:
        pairs = match_folders(masks, images)
        if pairs[0]:
            return pairs
    files = {_key(path): path for folder in others for path in _list_images(folder)}
    keys = {mask: key for mask in _list_images(masks) if (key := _find_image(mask, files))}
    return list(keys), [files[key] for key in keys.values()]


def _find_image(mask: Path, files: dict[Key, Path]) -> Key | None:
    key = _key(mask)
    if key in files:
        return key
    suffix = longest_match(key, files)
    return (None, (), key[2].removesuffix(suffix)) if suffix else None


def _key(path: Path) -> Key:
    return None, (), path.stem


def _order(path: Path) -> list[tuple[int, str]]:
    """Return what sorts im2 before im10, and 1_mask as 1."""
    return [
        (int(part), "") if part.isdigit() else (0, part) for part in re.findall(r"[0-9]+|[^0-9]+", path.stem)
    ]


def _by_name(folder: Folder) -> dict[str, Path]:
    """Return the image files by their path below the folder, without extension."""
    return {str(path.relative_to(folder.path).with_suffix("")): path for path in _list_images(folder)}


def _list_images(folder: Folder) -> list[Path]:
    return [path for below in folder.walk_folders() for path in below.images]

"""Splits that only the images have folders for, or only the masks: images/train/1.jpg with masks/1.png."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from user_error import UserError

from ..listing import printable
from .name_pairs import Files, Key, with_suffix, without_suffix

KeyedFiles = dict[Key, Path]


def without_splits(keys: Collection[Key]) -> set[Key]:
    """Return the keys without their splits."""
    return {(None, *key[1:]) for key in keys}


def share_splits(images: Files, masks: Files, suffix: str) -> tuple[KeyedFiles, KeyedFiles]:
    """Return images and masks by key, where those without splits have got the splits of the others.

    Raises UserError for a file that would belong to two splits.
    """
    if _have_splits(images) and not _have_splits(masks):
        return dict(images), _move(masks, [with_suffix(key, suffix) for key in images])
    if _have_splits(masks) and not _have_splits(images):
        wanted = [key for mask in masks if (key := without_suffix(mask, suffix))]
        return _move(images, wanted), dict(masks)
    return dict(images), dict(masks)


def _have_splits(keys: Collection[Key]) -> bool:
    return any(split for split, _, _ in keys)


def _move(files: Files, wanted: Collection[Key]) -> KeyedFiles:
    """Return the files under the keys of the splits in `wanted`; the others under their own."""
    moved: KeyedFiles = {}
    targets: dict[Key, list[Key]] = {}
    for key in wanted:
        targets.setdefault((None, *key[1:]), []).append(key)
    for key, path in files.items():
        found = targets.get(key, [key])
        if len(found) > 1:
            splits = " and ".join(str(split) for split, _, _ in found)
            raise UserError(
                f"{printable(str(path))}: belongs to two splits, {splits}; give each split its own"
            )
        moved[found[0]] = path
    return moved

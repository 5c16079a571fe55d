"""Which folders of images with masks are splits, at any depth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from user_error import UserError

from ..listing import join_names, printable
from .folder_names import UNCLEAR_SPLITS, FolderName, find_alike, read_names
from .folder_tree import Folder
from .split_folders import find_missing, reject_unclear

SplitFolders = dict[Path, str]
_Names = Mapping[Folder, FolderName]
"""The folders directly in one folder, and what their names say."""


def find_split_folders(base: Folder, *, loose: bool) -> SplitFolders:
    """Return the split of each folder below `base` whose name says one.

    Names with other words (`leaf_train`) are splits where they are alike for train and another split, or if `loose`.
    Raises UserError for a folder beside the splits that could be either of two (`dev`).
    """
    levels = list(_read_levels(base))
    alike = find_alike(name for names in levels for name in names.values())
    found: SplitFolders = {}
    for names in levels:
        splits = {
            folder: name.split
            for folder, name in names.items()
            if name.split and (loose or not name.rest or name.decoration in alike)
        }
        found |= {
            folder.path: split for folder, split in (splits | _find_unclear(base, names, splits)).items()
        }
    return found


def require_no_names_of_splits(base: Folder, used: Sequence[Folder]) -> None:
    """Raise UserError where folders beside each other are called after train and another split.

    used: the folders of images and masks that are taken, of no split.
    """
    above = {path for folder in used for path in (folder.path, *folder.path.parents)}
    for names in _read_levels(base):
        named = [
            (folder, name.split) for folder, name in names.items() if name.split and folder.path in above
        ]
        if {"train"} < {split for _, split in named}:
            seen = join_names([folder.describe() for folder, _ in named])
            raise UserError(
                f"{printable(str(base.path))}: {seen} may be splits or not, as their names differ in more than the"
                " word for the split; the layout is train/, val/, test/"
            )


def _read_levels(folder: Folder) -> Iterator[_Names]:
    names = read_names(below.name for below in folder.filled)
    yield {below: names[below.name] for below in folder.filled}
    for below in folder.filled:
        yield from _read_levels(below)


def _find_unclear(base: Folder, names: _Names, splits: Mapping[Folder, str]) -> dict[Folder, str]:
    """Return `dev` or `eval_images` beside train and one more split as the third."""
    of_train = {names[folder].rest for folder, split in splits.items() if split == "train"}
    unclear = [
        folder for folder in names if folder not in splits and _without_unclear(names[folder]) in of_train
    ]
    missing = find_missing(splits.values())
    if not unclear or not missing:
        return {}
    words = {word for folder in unclear for word in names[folder].rest if word in UNCLEAR_SPLITS}
    if len(missing) > 1 or len(words) > 1:
        reject_unclear(base, unclear, list(splits))
    return dict.fromkeys(unclear, missing[0])


def _without_unclear(name: FolderName) -> tuple[str, ...] | None:
    """Return the other words of a name with a word such as `dev`; None for a name without."""
    others = tuple(word for word in name.rest if word not in UNCLEAR_SPLITS)
    return others if others != name.rest else None

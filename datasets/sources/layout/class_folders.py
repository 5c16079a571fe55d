"""Which folders are the classes of a classification, by split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from user_error import UserError

from ..listing import join_names, printable
from .class_levels import LAYOUT, pass_wrappers, require_one_level
from .folder_names import exact_split, plain_split
from .folder_tree import Folder, describe_layout
from .split_folders import find_splits, holds_splits_only
from .split_lists import is_text_file


class ClassFolders(NamedTuple):
    """The class folders of each split.

    base: the folder that holds the splits or classes; splits: class folders by split and name; places: where each
    split is, as 'train/' or '<class>/train/', or 'all images'; loose: files beside the class folders; outside: the
    folders of images that belong to no split.
    """

    base: Folder
    splits: dict[str, dict[str, Folder]]
    places: dict[str, str]
    loose: list[Path]
    outside: list[str]


def find_class_folders(root: Folder, chosen: Sequence[str] = ()) -> ClassFolders:
    """Return the class folders below `root`.

    A folder that only wraps everything is passed over, in a split too (`seg_train/seg_train/<class>`). chosen: names
    of classes that the user gave, which decide where either of two levels may hold the classes.
    Raises UserError where splits or classes are ambiguous.
    """
    base = find_base(root, chosen)
    splits = find_splits(base, chosen)
    if splits:
        return _classes_in_splits(root, base, splits, chosen)
    folders = _without_empty(base.folders, base.folders, root.warnings)
    inside = _splits_in_classes(base, folders, chosen)
    if inside:
        places = {split: f"<class>/{next(iter(found.values())).name}/" for split, found in inside.items()}
        return ClassFolders(base, inside, places, _files_on_the_way(root, base), [])
    require_one_level(base, folders, chosen)
    return ClassFolders(
        base, {"train": _by_name(folders)}, {"train": "all images"}, _files_on_the_way(root, base), []
    )


def find_base(root: Folder, chosen: Sequence[str] = ()) -> Folder:
    """Return the folder below `root` that the data set starts in: past folders that hold nothing but one folder."""
    base = root
    while len(base.filled) == 1:
        only = base.filled[0]
        is_end = only.images or exact_split(only.name)
        if (is_end and not holds_splits_only(only)) or only.name in chosen:
            break
        base = only
    return base


def _files_on_the_way(root: Folder, base: Folder, *, images_only: bool = False) -> list[Path]:
    """Return the files that lie directly in `base` or in the folders around it."""
    chain = [root]
    while chain[-1] is not base:
        chain.append(next(folder for folder in chain[-1].filled if base.path.is_relative_to(folder.path)))
    return [path for folder in chain for path in (folder.images if images_only else folder.files)]


def _by_name(folders: Sequence[Folder]) -> dict[str, Folder]:
    return {folder.name: folder for folder in folders}


def _without_empty(folders: Sequence[Folder], every: Sequence[Folder], warnings: list[str]) -> list[Folder]:
    """Return the folders without those that are empty or hold texts only, in every split; warn of them."""
    used = {folder.name for folder in every if any(not is_text_file(path) for path in folder.walk())}
    empty = [folder.describe() for folder in folders if folder.name not in used]
    if empty and used:
        warnings.append(f"folders without images, left out: {join_names(empty)}")
    return [folder for folder in folders if folder.name in used]


def _classes_in_splits(
    root: Folder, base: Folder, splits: Mapping[str, Folder], chosen: Sequence[str]
) -> ClassFolders:
    inner = _pass_wrappers(splits, chosen)
    every = [below for folder in inner.values() for below in folder.folders]
    for folder in inner.values():
        _reject_inner_splits(folder, chosen)
        require_one_level(folder, folder.folders, chosen)
    loose = _files_on_the_way(root, base, images_only=True)
    loose += [file for folder in inner.values() for file in folder.files]
    return ClassFolders(
        base,
        {
            split: _by_name(_without_empty(folder.folders, every, base.warnings))
            for split, folder in inner.items()
        },
        {split: _place(base, folder) for split, folder in inner.items()},
        loose,
        [folder.describe() for folder in base.filled if folder not in splits.values()],
    )


def _place(base: Folder, folder: Folder) -> str:
    return f"{printable(folder.path.relative_to(base.path).as_posix())}/"


def _pass_wrappers(splits: Mapping[str, Folder], chosen: Sequence[str]) -> dict[str, Folder]:
    """Return each split's folder of class folders, past a doubled folder or a wrapper that all splits have."""
    inner = dict(splits)
    while True:
        wrapped = {split: folder.filled[0] for split, folder in inner.items() if _is_wrapper(folder, chosen)}
        filled = [split for split, folder in inner.items() if folder.has_images]
        doubled = {split: folder for split, folder in wrapped.items() if _is_doubled(inner[split], folder)}
        passed = wrapped if len(wrapped) == len(filled) else doubled
        if not passed:
            return inner
        inner |= passed


def _is_wrapper(folder: Folder, chosen: Sequence[str]) -> bool:
    """Tell whether a folder holds one folder and nothing else, which itself holds folders of images."""
    if folder.images or len(folder.filled) != 1:
        return False
    only = folder.filled[0]
    return not only.images and only.name not in chosen


def _is_doubled(folder: Folder, below: Folder) -> bool:
    same = folder.name.casefold() == below.name.casefold()
    return same or exact_split(folder.name) == exact_split(below.name) is not None


def _reject_inner_splits(folder: Folder, chosen: Sequence[str]) -> None:
    """Raise UserError for a split that holds splits: train/train/, train/val/."""
    names = [below.name for below in folder.filled if below.name not in chosen]
    if len(names) > 1 and all(plain_split(name) for name in names):
        inner = join_names([f"{folder.describe()}{printable(name)}/" for name in names])
        raise UserError(f"{printable(str(folder.root))}: splits within a split, seen: {inner}; {LAYOUT}")


def _splits_in_classes(
    base: Folder, folders: Sequence[Folder], chosen: Sequence[str]
) -> dict[str, dict[str, Folder]]:
    """Return the splits of <class>/<split>/*, {} for another layout. Raises UserError where only some have splits."""
    filled = [folder for folder in folders if folder.has_images]
    found = [
        each for each in filled if _holds_splits(each, chosen) or _holds_splits(pass_wrappers(each), chosen)
    ]
    if not found:
        return {}
    seen = describe_layout(base)
    if len(found) < len(filled) or any(not below.images for folder in found for below in folder.filled):
        holding = join_names([folder.describe() for folder in found])
        raise UserError(
            f"{printable(str(base.path))}: splits inside {holding} ({seen}); {LAYOUT};"
            " or give one of these folders"
        )
    splits = {folder.name: find_splits(folder) for folder in found}
    return {
        split: {name: of_class[split] for name, of_class in splits.items() if split in of_class}
        for split in ("train", "validation", "test")
        if any(split in of_class for of_class in splits.values())
    }


def _holds_splits(folder: Folder, chosen: Sequence[str]) -> bool:
    names = [below.name for below in folder.filled if below.name not in chosen]
    return not folder.images and bool(names) and all(plain_split(name) for name in names)

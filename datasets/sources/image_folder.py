"""Image folders by class: `root/train/<class>/*`, `root/val/<class>/*`, `root/test/<class>/*`; or `root/<class>/*`.

`layout.class_folders` finds them where they are named or nested in another way.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from user_error import UserError, nearest

from . import folder_layout, listing
from .layout.class_folders import ClassFolders, find_base, find_class_folders
from .layout.class_levels import LAYOUT, MASKS_HINT, find_levels_below
from .layout.folder_tree import Folder, describe_layout, read_folder, relative
from .layout.pair_layout import is_pair_layout
from .layout.split_lists import warn_of_split_lists
from .layout.unnamed_pairs import reject_unnamed_pairs, warn_of_masks_among_images
from .listing import Listing, join_names, printable

ClassFiles = dict[str, list[Path]]
"""The image files of each class folder."""


class _Examples(NamedTuple):
    """Images and labels of all splits, and how many images each split has."""

    images: list[Path]
    labels: list[int]
    counts: dict[str, int]


def list_examples(options: Mapping[str, int | str]) -> Listing:
    """List all images below the root. Raises UserError for another layout."""
    root = folder_layout.require_root("image_folder", str(options["root"]))
    tree = read_folder(root, [])
    if not options["classes"]:
        _reject_pairs(tree)
    return list_class_folders(tree, classes=str(options["classes"]))


def _reject_pairs(tree: Folder) -> None:
    if is_pair_layout(tree):
        raise UserError(
            f"{printable(str(tree.path))}: images and their masks, not class folders ({describe_layout(tree)});"
            " use the data set `mask_folder`, or name the class folders with the option `classes`"
        )


def list_class_folders(tree: Folder, *, classes: str = "") -> Listing:
    """List the images of the class folders below the root of `tree`.

    classes: the class names to use, separated by commas; "" for all of them. Raises UserError for another layout.
    """
    root = tree.path
    start = find_base(tree)
    listed = folder_layout.read_class_names(root, classes, start.path)
    class_list = None if classes else folder_layout.find_class_list(root, start.path)
    if class_list and listed:
        listed = _without_numbers(listed, start)
    found = find_class_folders(tree, listed or ())
    if not classes:
        reject_unnamed_pairs(found.base, found.splits["train"])
    scanned = {
        split: {name: _image_files(folder) for name, folder in folders.items()}
        for split, folders in found.splits.items()
    }
    names = listed or tuple(scanned["train"])
    problems = _check_classes(found, scanned, names, class_list, is_subset=bool(classes))
    examples = _collect(scanned, names)
    _warn_of_left_out(found, tree.warnings)
    base = found.base.path
    return Listing(
        reader=folder_layout.FolderReader(examples.images),
        names=[str(path.relative_to(base)) for path in examples.images],
        labels=np.array(examples.labels, np.int64),
        splits=folder_layout.number_splits(examples.counts),
        classes=names,
        origins=found.places,
        problems=tuple(problems),
        warnings=tuple(tree.warnings),
        fingerprint=listing.fingerprint_files(examples.images, base),
        layout=_describe(found, root),
    )


def _without_numbers(listed: tuple[str, ...], base: Folder) -> tuple[str, ...]:
    """Return the names of '1 cat', '2 dog' without the numbers, where the folders are called so."""
    folders = {folder.name for above in (base, *base.folders) for folder in above.folders}
    numbers, names = zip(*(name.partition(" ")[::2] for name in listed), strict=True)
    is_numbered = all(number.isdigit() for number in numbers) and folders.issuperset(names)
    return names if is_numbered and folders.isdisjoint(listed) else listed


def _image_files(folder: Folder) -> list[Path]:
    return [file for file in folder.walk() if listing.is_image_file(file)]


def _warn_of_left_out(found: ClassFolders, warnings: list[str]) -> None:
    """Warn of what is not taken, and of class folders that hold folders only."""
    root = found.base.path
    files = [file for each in found.splits.values() for folder in each.values() for file in folder.walk()]
    loose = [path for path in found.loose if path.name != folder_layout.CLASS_LIST]
    for what, names in (
        ("files outside the class folders", [printable(os.path.relpath(path, root)) for path in loose]),
        ("files without an image extension", _not_images(files, root)),
        ("folders beside the splits", found.outside),
    ):
        if names:
            warnings.append(f"{what}, left out: {join_names(names)}")
    warnings.extend(warn_of_masks_among_images(found.base))
    if found.places.keys() == {"train"}:
        warnings.extend(warn_of_split_lists(found.base))
    levels = find_levels_below(found.splits["train"])
    if levels:
        warnings.append(
            f"class folders that hold folders: {join_names(levels)}; all images below count as the upper class"
        )


def _not_images(files: Sequence[Path], root: Path) -> list[str]:
    return [relative(file, root) for file in files if not listing.is_image_file(file)]


def _describe(found: ClassFolders, root: Path) -> str:
    """Say which folders were taken for splits and classes."""
    if found.places == {"train": "all images"}:
        layout = "classes by folder (<class>/*), no splits"
    else:
        places = [f"{split}: {_pattern(place)}" for split, place in found.places.items()]
        layout = f"classes by folder, splits by name ({', '.join(places)})"
    inner = found.base.path.relative_to(root).as_posix()
    return layout if inner == "." else f"{layout}; all inside {printable(inner)}/"


def _pattern(place: str) -> str:
    """Return where a split's images are: train/<class>/*, or <class>/train/*."""
    return f"{place}*" if place.startswith("<") else f"{place}<class>/*"


def _collect(scanned: Mapping[str, ClassFiles], classes: Sequence[str]) -> _Examples:
    """Return the images of `classes` in their order, split by split."""
    examples = _Examples([], [], {})
    for split, class_files in scanned.items():
        first = len(examples.images)
        for label, name in enumerate(classes):
            files = class_files.get(name, [])
            examples.images.extend(files)
            examples.labels.extend([label] * len(files))
        examples.counts[split] = len(examples.images) - first
    return examples


def _check_classes(
    found: ClassFolders,
    scanned: Mapping[str, ClassFiles],
    classes: Sequence[str],
    class_list: Path | None,
    *,
    is_subset: bool,
) -> list[str]:
    """Return one problem for each class without a folder, and for folders of no class unless a subset was chosen.

    class_list: the file that the names are from, if any.
    """
    listed = f"{printable(str(class_list))}: " if class_list else ""
    train = scanned["train"]
    places = {split: "" if place == "all images" else place for split, place in found.places.items()}
    problems = []
    if not train:
        folder = found.base.path / places["train"]
        problems.append(f"{printable(str(folder))}: no class folders with images; {LAYOUT}; {MASKS_HINT}")
    problems += [
        f"{listed}class {name!r} has no folder in {places['train'] or 'the root'}{nearest(name, list(train)[:20])}"
        for name in classes
        if name not in train
    ]
    problems += _check_loose_splits(found, scanned, () if is_subset else classes)
    for split, class_files in scanned.items():
        unknown = [f"{places[split]}{printable(name)}" for name in class_files if name not in classes]
        if unknown and not is_subset and not _find_only_folder(split, class_files, classes):
            known = f"in {printable(str(class_list)) if class_list else 'train/'}"
            problems.append(f"class folders whose class is not {known}: {join_names(unknown)}")
    return problems


def _check_loose_splits(
    found: ClassFolders, scanned: Mapping[str, ClassFiles], classes: Sequence[str]
) -> list[str]:
    """Return one problem for each split, other than train, whose images lie in no class folder."""
    problems = []
    for split, class_files in scanned.items():
        place = found.places[split]
        only = _find_only_folder(split, class_files, classes)
        loose = [path for path in found.loose if path.is_relative_to(found.base.path / place)]
        images = class_files[only] if only else [path for path in loose if listing.is_image_file(path)]
        if split != "train" and (only or not any(class_files.values())) and images:
            where = f"{place}{printable(only)}/" if only else place
            problems.append(
                f"{where}: {len(images)} images in no class folder; the layout is {place}<class>/image.jpg;"
                f" without {place} a {split} split is drawn"
            )
    return problems


def _find_only_folder(split: str, class_files: ClassFiles, classes: Sequence[str]) -> str:
    """Return the name of the one folder of a split whose images lie in no class folder: val/images/*; "" for none."""
    filled = [name for name, files in class_files.items() if files]
    is_only = split != "train" and len(filled) == 1 and len(classes) > 1 and filled[0] not in classes
    return filled[0] if is_only else ""

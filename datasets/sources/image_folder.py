"""Image folders by class: `root/train/<class>/*`, `root/val/<class>/*`, `root/test/<class>/*`; or `root/<class>/*`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from user_error import nearest

from . import folder_layout, listing
from .listing import Listing, join_names, printable

LAYOUT = "the layout is train/<class>/image.jpg"
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
    return list_class_folders(root, folder_layout.find_split_folders(root), classes=str(options["classes"]))


def list_class_folders(root: Path, splits: Mapping[str, Path], *, classes: str = "") -> Listing:
    """List the images of `splits`, each a folder of class folders.

    classes: the class names to use, separated by commas; "" for all of them.
    """
    warnings: list[str] = []
    scanned = {split: _scan_class_folders(folder, warnings, root) for split, folder in splits.items()}
    names = folder_layout.read_class_names(root, classes) or tuple(scanned["train"])
    problems = _check_classes(splits, scanned, names, is_subset=bool(classes))
    examples = _collect(scanned, names)
    return Listing(
        reader=folder_layout.FolderReader(examples.images),
        names=[str(path.relative_to(root)) for path in examples.images],
        labels=np.array(examples.labels, np.int64),
        splits=folder_layout.number_splits(examples.counts),
        classes=names,
        origins={
            split: folder_layout.describe_split_folder(root, folder) for split, folder in splits.items()
        },
        problems=tuple(problems),
        warnings=tuple(warnings),
        fingerprint=listing.fingerprint_files(examples.images, root),
    )


def _scan_class_folders(folder: Path, warnings: list[str], root: Path) -> ClassFiles:
    """Return the image files below each class folder; warn of all other files."""
    class_files: ClassFiles = {}
    loose: list[str] = []
    other: list[str] = []
    for path in listing.list_folder(folder):
        if not path.is_dir():
            loose += [] if path.name == folder_layout.CLASS_LIST else [printable(str(path.relative_to(root)))]
            continue
        files = list(listing.walk_files(path, warnings=warnings, root=root))
        class_files[path.name] = [file for file in files if listing.is_image_file(file)]
        other += [printable(str(file.relative_to(root))) for file in files if not listing.is_image_file(file)]
    if loose:
        warnings.append(f"files outside the class folders, left out: {join_names(loose)}")
    if other:
        warnings.append(f"files without an image extension, left out: {join_names(other)}")
    return class_files


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
    splits: Mapping[str, Path],
    scanned: Mapping[str, ClassFiles],
    classes: Sequence[str],
    *,
    is_subset: bool,
) -> list[str]:
    """Return one problem for each class without a folder, and for folders of no class unless a subset was chosen."""
    train = scanned["train"]
    problems = [] if train else [f"{printable(str(splits['train']))}: no class folders with images; {LAYOUT}"]
    problems += [
        f"class {name!r} has no folder in {splits['train'].name}/{nearest(name, list(train)[:20])}"
        for name in classes
        if name not in train
    ]
    for split, class_files in scanned.items():
        unknown = [f"{splits[split].name}/{printable(name)}" for name in class_files if name not in classes]
        if unknown and not is_subset:
            known = f"in train/ or {folder_layout.CLASS_LIST}"
            problems.append(f"class folders whose class is not {known}: {join_names(unknown)}")
    return problems

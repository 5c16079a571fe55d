"""Own images by class: `root/train/<class>/*`, `root/val/<class>/*`, `root/test/<class>/*`; or `root/<class>/*`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from ..options import nearest
from . import folder_layout, listing
from .listing import Listing, shown, some


def read(options: Mapping[str, int | str]) -> Listing:
    """All images below the root. Raises UserError, one line, where the layout is another one."""
    root = folder_layout.rooted("image_folder", str(options["root"]))
    return of_folders(root, folder_layout.split_folders(root), wanted=str(options["classes"]))


def of_folders(root: Path, splits: Mapping[str, Path], *, wanted: str = "") -> Listing:
    """Images of `splits`, each a folder of class folders. `wanted`: class names separated by commas; else all."""
    doubts: list[str] = []
    problems: list[str] = []
    found = {split: _classes(folder, doubts, root) for split, folder in splits.items()}
    if not found["train"]:
        problems.append(_no_classes(splits["train"]))
    classes = folder_layout.class_names(root, wanted) or tuple(found["train"])
    problems += _unknown(splits, found, classes, chosen=bool(wanted))
    images: list[Path] = []
    labels: list[int] = []
    given: dict[str, listing.Ints] = {}
    for split, of_class in found.items():
        first = len(images)
        for label, name in enumerate(classes):
            inside = of_class.get(name, [])
            images += inside
            labels += [label] * len(inside)
        given[split] = np.arange(first, len(images))
    return Listing(
        reader=folder_layout.FolderReader(images),
        names=[str(path.relative_to(root)) for path in images],
        labels=np.array(labels, np.int64),
        given=given,
        classes=classes,
        places={split: _place(root, folder) for split, folder in splits.items()},
        problems=tuple(problems),
        warnings=tuple(doubts),
        stamp=listing.stamp(images, root),
    )


def _place(root: Path, folder: Path) -> str:
    return f"{folder.relative_to(root).as_posix()}/" if folder != root else "all images"


def _classes(folder: Path, doubts: list[str], root: Path) -> dict[str, list[Path]]:
    """The pictures below each class folder; anything else is told."""
    of_class: dict[str, list[Path]] = {}
    loose, other = [], []
    for path in listing.children(folder):
        if not path.is_dir():
            loose += [] if path.name == folder_layout.CLASS_LIST else [shown(str(path.relative_to(root)))]
            continue
        inside = list(listing.files(path, doubts=doubts, root=root))
        of_class[path.name] = [file for file in inside if listing.is_picture(file)]
        other += [shown(str(file.relative_to(root))) for file in inside if not listing.is_picture(file)]
    if loose:
        doubts.append(f"files in no class folder, left out: {some(loose)}")
    if other:
        doubts.append(f"no images by their names, left out: {some(other)}")
    return of_class


def _no_classes(train: Path) -> str:
    return f"{shown(str(train))}: no class folders with images; the layout is train/<class>/image.jpg"


def _unknown(
    splits: Mapping[str, Path],
    found: Mapping[str, Mapping[str, Sequence[Path]]],
    classes: Sequence[str],
    *,
    chosen: bool,
) -> list[str]:
    """Class folders that no class is named after, unless the study chose some; and classes without a folder."""
    lines = [
        f"class {name!r} has no folder in {splits['train'].name}/; {nearest(name, list(found['train'])[:20])}"
        for name in classes
        if name not in found["train"]
    ]
    for split, of_class in found.items():
        strange = [f"{splits[split].name}/{shown(name)}" for name in of_class if name not in classes]
        if strange and not chosen:
            lines.append(
                f"class folders that are no class of train/ or of {folder_layout.CLASS_LIST}: {some(strange)}"
            )
    return lines

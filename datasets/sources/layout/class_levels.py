"""Which level of folders holds the classes; refused where another may, or where folders may be parts of one set."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from user_error import UserError

from ..listing import MAX_NAMES, join_names, printable
from .folder_names import IMAGE_WORDS, split_words
from .folder_tree import Folder, describe_layout

LAYOUT = "the layout is train/<class>/image.jpg, val/<class>/..., test/<class>/...; or <class>/image.jpg"
MASKS_HINT = "for images with masks: images/x.jpg, masks/x.png, or the option mask_suffix of mask_folder"
PART_WORDS = IMAGE_WORDS | frozenset(
    (
        *(
            "part",
            "parts",
            "batch",
            "chunk",
            "shard",
            "piece",
            "subset",
            "portion",
            "volume",
            "archive",
            "zip",
        ),
        *("data", "dataset", "set", "folder", "dir", "fold", "split"),
    )
)
"""Words that, with a number, name a part of a data set: images_001, part_2."""
MAX_WRAPPERS = 2


def pass_wrappers(folder: Folder) -> Folder:
    """Return the folder below those that hold nothing but one folder of folders, two at most: a tree may go deeper."""
    inner = folder
    for _ in range(MAX_WRAPPERS):
        if inner.images or len(inner.filled) != 1 or inner.filled[0].images:
            break
        inner = inner.filled[0]
    return inner


def require_one_level(base: Folder, folders: Sequence[Folder], chosen: Sequence[str]) -> None:
    """Raise UserError where the folders may be no classes, unless they are `chosen` as such.

    They hold folders of equal names, one holds the others again, or they are called after the parts of a data set.
    """
    filled = [folder for folder in folders if folder.has_images]
    if len(filled) < 2 or any(folder.name in chosen for folder in filled):
        return
    _reject_two_levels(base, filled)
    _reject_doubled(base, filled)
    _reject_parts(base, filled)


def _reject_two_levels(base: Folder, filled: Sequence[Folder]) -> None:
    if any(folder.images for folder in filled):
        return
    counts = Counter(below.name for folder in filled for below in pass_wrappers(folder).filled)
    shared = [name for name, count in counts.items() if count > len(filled) / 2]
    if len(shared) > 1:
        raise UserError(
            f"{_place(base)}: either {_list_names(filled)} or {join_names(shared)} may be the classes"
            f" ({describe_layout(base)}); {LAYOUT}; or name those above with the option `classes`"
        )


def _reject_doubled(base: Folder, filled: Sequence[Folder]) -> None:
    names = {folder.name.casefold() for folder in filled}
    for folder in filled:
        inner = pass_wrappers(folder)
        again = [below for below in inner.filled if below.name.casefold() in names - {folder.name.casefold()}]
        if len(again) > 1 and 2 * len(again) >= len(filled) - 1:
            seen = join_names([below.describe() for below in again])
            raise UserError(
                f"{_place(base)}: the data set is in {folder.describe()} once more, seen: {seen}; move"
                f" {folder.describe()} away, or name the classes with the option `classes`"
            )


def _reject_parts(base: Folder, filled: Sequence[Folder]) -> None:
    counts = Counter(part for folder in filled if (part := _name_part(folder.name)))
    if counts and counts.most_common(1)[0][1] > max(1, len(filled) / 2):
        raise UserError(
            f"{_place(base)}: {_list_names(filled)} may be the parts of one set and not classes; {LAYOUT};"
            " if they are classes, name them with the option `classes`"
        )


def _name_part(name: str) -> tuple[str, ...]:
    """Return a name's words without its number or single letter; () for a name that is not that of a part."""
    words = split_words(name)
    others = tuple(word for word in words if not word.isdigit() and len(word) > 1)
    return others if len(others) < len(words) and PART_WORDS.intersection(others) else ()


def find_levels_below(folders: Mapping[str, Folder]) -> list[str]:
    """Return the class folders that hold folders only, each with the names below, for a warning."""
    inner = {folder.describe(): pass_wrappers(folder) for folder in folders.values()}
    return [
        f"{name} ({join_names([f'{printable(below.name)}/' for below in folder.filled])})"
        for name, folder in inner.items()
        if not folder.images and len(folder.filled) > 1
    ]


def _list_names(folders: Sequence[Folder]) -> str:
    return ", ".join(printable(folder.name) for folder in folders[:MAX_NAMES])


def _place(base: Folder) -> str:
    return printable(str(base.path))

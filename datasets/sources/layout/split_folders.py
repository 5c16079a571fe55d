"""Which of the folders beside each other are the splits of a data set."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NoReturn

from user_error import UserError

from ..listing import SPLITS, join_names, printable
from .folder_names import UNCLEAR_SPLITS, exact_split, find_alike, plain_split, read_name, read_names
from .folder_pairs import match_folders
from .folder_tree import Folder, describe_layout
from .mask_look import look_like_masks


def find_splits(base: Folder, chosen: Sequence[str] = ()) -> dict[str, Folder]:
    """Return the folder of each split directly in `base`; {} where its folders are no splits.

    chosen: names of classes, which are never splits. Names are read without regard to case. Whole names (`Training`),
    with a number or a word like `set` too (`test_set`), are splits; those with other words (`seg_train`) only where
    they are alike for train and another split, or hold the class folders themselves.
    Raises UserError where two folders are one split, a name could be either of two, or training images are missing.
    """
    folders = [folder for folder in base.filled if folder.name not in chosen]
    found = _find_exact(base, chosen)
    if not found or "train" not in found:
        found = _add_decorated(base, folders, found)
    else:
        found |= _missing_splits(folders, found)
    if found and "train" not in found:
        raise UserError(
            f"{_place(base)}: there is {_names(found.values())} but no train/{_hint(base, found)}"
        )
    return _add_unclear(base, folders, found) if found else {}


def holds_splits_only(folder: Folder) -> bool:
    """Tell whether all folders of images in a folder are splits, two at least: it is then no split itself."""
    return len(folder.filled) > 1 and all(plain_split(below.name) for below in folder.filled)


def _find_exact(base: Folder, chosen: Sequence[str]) -> dict[str, Folder]:
    """Return the folders whose whole name is a split, empty ones too where one of them holds images."""
    named = [(split, folder) for folder in base.folders if (split := exact_split(folder.name))]
    named = [(split, folder) for split, folder in named if folder.name not in chosen]
    return _unique(base, named) if any(folder.has_images for _, folder in named) else {}


def _unique(base: Folder, named: Sequence[tuple[str, Folder]]) -> dict[str, Folder]:
    """Return the folders by split. Raises UserError for two folders of one split."""
    found: dict[str, Folder] = {}
    for split, folder in named:
        if split in found:
            both = _names([found[split], folder])
            are_pairs = _are_images_and_masks(found[split], folder)
            way_out = (
                f"they look like images and masks: call them {split}_images/ and {split}_masks/"
                if are_pairs
                else "keep one, as train/, val/, test/"
            )
            raise UserError(f"{_place(base)}: {both} are both its {split} split; {way_out}")
        found[split] = folder
    return {split: found[split] for split in SPLITS if split in found}


def _are_images_and_masks(one: Folder, other: Folder) -> bool:
    orders = (match_folders(one, other), match_folders(other, one))
    return any(look_like_masks(*files, of_photographs=True) for files in orders)


def _add_decorated(base: Folder, folders: Sequence[Folder], exact: Mapping[str, Folder]) -> dict[str, Folder]:
    """Add `seg_train`, `seg_test` to the splits, where these names are meant as splits."""
    names = read_names(folder.name for folder in folders)
    named = [
        (split, folder)
        for folder in folders
        if folder not in exact.values() and (split := names[folder.name].split)
    ]
    plain = [(split, folder) for split, folder in named if plain_split(folder.name)]
    if not find_alike(names[folder.name] for _, folder in named) and not _are_meant(folders, named, exact):
        named = plain
    return _unique(base, [*exact.items(), *named])


def _are_meant(
    folders: Sequence[Folder], named: Sequence[tuple[str, Folder]], exact: Mapping[str, Folder]
) -> bool:
    """Tell whether names with other words, not alike, are splits: beside a whole name, or folders of class folders."""
    splits = {split for split, _ in named} | exact.keys()
    hold_classes = all(_holds_only_folders(folder) for _, folder in named)
    alone = len(named) + len(exact) == len(folders)
    return "train" in splits and (bool(exact) or (hold_classes and (alone or len(splits) > 1)))


def _missing_splits(folders: Sequence[Folder], found: Mapping[str, Folder]) -> dict[str, Folder]:
    """Return `test_set` beside `train`: one longer name for a split that no whole name stands for."""
    names = [(folder, read_name(folder.name)) for folder in folders if _holds_only_folders(folder)]
    extra = [(name.split, folder) for folder, name in names if name.split and not name.rest and not name.role]
    return {
        split: folder
        for split, folder in extra
        if split not in found and [other for other, _ in extra].count(split) == 1
    }


def _add_unclear(base: Folder, folders: Sequence[Folder], found: dict[str, Folder]) -> dict[str, Folder]:
    """Add `evaluation` or `dev_set` as the one split that is missing. Raises UserError where both are."""
    unclear = [folder for folder in folders if folder not in found.values() and _is_unclear(folder.name)]
    missing = find_missing(found)
    if not unclear or not missing:
        return found
    if len(missing) > 1 or len(unclear) > 1:
        reject_unclear(base, unclear, list(found.values()))
    both = found | {missing[0]: unclear[0]}
    return {split: both[split] for split in SPLITS if split in both}


def _is_unclear(name: str) -> bool:
    read = read_name(name)
    return bool(read.rest) and UNCLEAR_SPLITS.issuperset(read.rest) and not read.role


def find_missing(splits: Collection[str]) -> list[str]:
    """Return which of validation and test are not among the splits."""
    return [split for split in ("validation", "test") if split not in splits]


def reject_unclear(base: Folder, unclear: Sequence[Folder], splits: Sequence[Folder]) -> NoReturn:
    """Raise UserError for folders such as dev/, which may be the validation or the test split."""
    raise UserError(
        f"{_place(base)}: {_join(unclear)} may be the validation or the test split;"
        f" the layout is {_names(splits)}, val/, test/: rename it to val/ or test/"
    )


def _holds_only_folders(folder: Folder) -> bool:
    return not folder.images


def _hint(base: Folder, found: Mapping[str, Folder]) -> str:
    """Name the folder below which there is a train/, if one of the others has it."""
    for folder in base.filled:
        inner = next(
            (below for below in _chain(folder) if any(exact_split(f.name) == "train" for f in below.filled)),
            None,
        )
        if inner is not None and folder not in found.values():
            return f"; {inner.describe()} has one: give that folder"
    return f" ({describe_layout(base)}); the layout is train/, val/, test/; if it is a class, use the option `classes`"


def _chain(folder: Folder) -> list[Folder]:
    """Return a folder and those below it, as long as each holds a single folder of images."""
    chain = [folder]
    while not chain[-1].images and len(chain[-1].filled) == 1:
        chain.append(chain[-1].filled[0])
    return chain


def _names(splits: Iterable[Folder]) -> str:
    return " and ".join(f"{printable(folder.name)}/" for folder in splits)


def _join(folders: Sequence[Folder]) -> str:
    return join_names([f"{folder.name}/" for folder in folders])


def _place(base: Folder) -> str:
    return printable(str(base.path))

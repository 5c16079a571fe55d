"""Images and masks of a segmentation: which folders and names belong together, by split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from user_error import UserError

from ..listing import SPLITS, join_names, printable
from .folder_names import IMAGES, MASKS, read_name
from .folder_tree import Folder, describe_layout, relative
from .mask_look import look_like_masks
from .name_pairs import (
    ImageMaskPairs,
    Key,
    add_file,
    count_pairs,
    find_suffix,
    find_suffix_beside,
    match_names,
    with_suffix,
)
from .pair_roles import PAIR_LAYOUT, PlacedFolder, find_pair_base, keep_one_role, place_folders
from .split_lists import warn_of_split_lists


class PairFolders(NamedTuple):
    """The pairs of each split that a folder holds.

    base: the folder that names are relative to; places: where each split is, as 'train/', or 'all images';
    layout: what was taken for images and for masks, and how they were paired, in words.
    """

    base: Path
    pairs: dict[str, ImageMaskPairs]
    places: dict[str, str]
    layout: str


@dataclass
class _Candidates:
    """Files that may be images or masks, by key, with the folders that they are in."""

    base: Folder
    images: dict[Key, Path] = field(default_factory=dict)
    masks: dict[Key, Path] = field(default_factory=dict)
    placed: list[PlacedFolder] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    suffix: str = ""
    beside: bool = False

    def count(self) -> int:
        """Count the images that have a mask."""
        return count_pairs(self.images, self.masks, self.suffix)

    def most_match(self) -> bool:
        """Tell whether at least half of the masks or of the images belong together; in one folder, of the images."""
        least = len(self.images) if self.beside else min(len(self.masks), len(self.images))
        return self.count() > 0 and 2 * self.count() >= least


def is_pair_layout(root: Folder) -> bool:
    """Tell whether a folder holds images and their masks, and no class folders.

    Raises UserError where folders named after both images and masks are ambiguous.
    """
    base = find_pair_base(root)
    if any(map(_has_plain_names, (base, *base.folders))):
        return True
    if not _name_roles(base, loose=True) & {MASKS}:
        return _by_suffix(base, "").most_match()
    roles = _name_roles(base, loose=False)
    try:
        found = _collect(base, "")
    except UserError:
        if roles >= {IMAGES, MASKS}:
            raise
        return False
    if not found.images or not found.masks:
        return False
    return _are_named(found, roles) or (found.most_match() and _look_right(found))


def _has_plain_names(folder: Folder) -> bool:
    """Tell whether images/ and masks/ are in a folder: one of them filled, or nothing else."""
    plain = [below for below in folder.folders if below.name in (IMAGES, MASKS)]
    return len(plain) == 2 and (any(below.has_images for below in plain) or not folder.has_images)


def _name_roles(base: Folder, *, loose: bool) -> set[str | None]:
    """Return the roles that any name below `base` says."""
    names = [
        read_name(part) for folder in base.walk_folders() for part in folder.path.relative_to(base.path).parts
    ]
    return {name.role for name in names if loose or not name.rest}


def _are_named(found: _Candidates, roles: set[str | None]) -> bool:
    """Tell whether the folders' names leave no doubt: images and masks, or a split and its masks."""
    if found.beside or MASKS not in roles:
        return found.beside and found.most_match()
    unnamed = len(list(found.base.walk_folders())) - sum(bool(each.role_name) for each in found.placed)
    if IMAGES in roles:
        named = len(found.placed)
        plain = {each.role_name.casefold() for each in found.placed} >= {IMAGES, MASKS}
        return plain or not unnamed or (found.most_match() and unnamed <= named)
    return found.most_match() and all(not each.others for each in found.placed)


def find_pair_folders(root: Folder, suffix: str = "") -> PairFolders:
    """Return the images and masks below `root` by split.

    suffix: what the masks' names have more than those of their images; "" to find it.
    Raises UserError for another layout, and where roles, splits or names are ambiguous.
    """
    found = _collect(find_pair_base(root), suffix)
    _require_both(found)
    root.warnings.extend(found.warnings)
    splits = _find_splits(found)
    single = [relative(path, found.base.path) for key, path in found.masks.items() if key[0] not in splits]
    if single:
        root.warnings.append(f"masks without images, left out: {join_names(single)}")
    pairs = {split or "train": _match_split(found, split, root.warnings) for split in splits}
    places = {split or "train": _place_of(found, split) for split in splits}
    if splits == [None]:
        root.warnings.extend(warn_of_split_lists(found.base))
    return PairFolders(found.base.path, pairs, places, _describe(found, splits))


def _collect(base: Folder, suffix: str) -> _Candidates:
    """Return images and masks by their folders' names, else by loosely read names, else by suffixes in one folder."""
    strict = _by_folders(base, suffix, loose=False)
    if strict.masks:
        return strict
    loose = _by_folders(base, suffix, loose=True)
    if loose.masks and loose.most_match():
        return loose
    beside = _by_suffix(base, suffix)
    return beside if beside.masks else strict


def _by_folders(base: Folder, suffix: str, *, loose: bool) -> _Candidates:
    found = _Candidates(base)
    placed = place_folders(base, loose=loose)
    if not any(each.role == IMAGES for each in placed):
        placed = [each if each.role else each._replace(role=IMAGES) for each in placed]
    outside = [each.folder for each in placed if each.role is None]
    if all(each.role != MASKS for each in placed):
        return found
    placed = keep_one_role(placed, found.warnings)
    if any(each.split for each in placed):
        outside += [each.folder for each in placed if not each.split]
        placed = [each for each in placed if each.split]
    if outside:
        left = join_names([folder.describe() for folder in outside])
        found.warnings.append(f"folders that are neither images nor masks of a split, left out: {left}")
    found.placed = placed
    _fill(found, suffix)
    return found


def _fill(found: _Candidates, suffix: str) -> None:
    """Read the files of the folders, and find the suffix of the masks."""
    for each in found.placed:
        files = found.masks if each.role == MASKS else found.images
        _add_files(files, each)
    if not count_pairs(found.images, found.masks, suffix):
        found.images = _without_shared_folder(found) or found.images
    found.suffix = suffix or find_suffix(found.images, found.masks)


def _add_files(files: dict[Key, Path], placed: PlacedFolder) -> None:
    folder = printable(str(placed.folder.path))
    for path in placed.folder.images:
        add_file(files, (placed.split, placed.others, path.stem), path, folder)


def _without_shared_folder(found: _Candidates) -> dict[Key, Path]:
    """Return the images without the folder that all of them are in: photos2020/x.jpg with masks/x.png."""
    unnamed = [each for each in found.placed if each.role == IMAGES and not each.role_name]
    folders = {each.others[:1] for each in unnamed}
    if not unnamed or len(folders) > 1 or folders == {()}:
        return {}
    return {(split, others[1:], stem): path for (split, others, stem), path in found.images.items()}


def _by_suffix(base: Folder, suffix: str) -> _Candidates:
    """Return x_mask.png as the mask of x.jpg beside it; neither images nor masks where there is no such suffix."""
    files = [(folder.parts, path.stem) for folder in base.walk_folders() for path in folder.images]
    suffix = suffix or find_suffix_beside((None, *file) for file in files)
    if not suffix:
        return _Candidates(base)
    placed = place_folders(base)
    if any(each.split for each in placed):
        placed = [each for each in placed if each.split]
    found = _Candidates(base, placed=placed, suffix=suffix, beside=True)
    for each in placed:
        _add_files(found.images, each)
    masks = [mask for key in found.images if (mask := with_suffix(key, suffix)) in found.images]
    found.masks = {mask: found.images.pop(mask) for mask in masks}
    return found


def _look_right(found: _Candidates) -> bool:
    """Tell whether the masks look like masks, where the names of the folders alone do not tell."""
    paired = [key for key in found.images if with_suffix(key, found.suffix) in found.masks]
    masks = [found.masks[with_suffix(key, found.suffix)] for key in paired]
    return look_like_masks(masks, [found.images[key] for key in paired])


def _require_both(found: _Candidates) -> None:
    place = printable(str(found.base.path))
    if not found.base.has_images:
        raise UserError(f"{place}: no images; {PAIR_LAYOUT}")
    if not found.masks:
        raise UserError(f"{place}: no folder of masks ({describe_layout(found.base)}); {PAIR_LAYOUT}")
    if not found.images:
        raise UserError(f"{place}: no folder of images ({describe_layout(found.base)}); {PAIR_LAYOUT}")


def _find_splits(found: _Candidates) -> Sequence[str | None]:
    """Return the splits in their order, [None] where the folders name none."""
    present = {key[0] for key in found.images}
    splits = [split for split in SPLITS if split in present]
    if splits and "train" not in splits:
        others = " and ".join(_place_of(found, split) for split in splits)
        raise UserError(f"{printable(str(found.base.path))}: there is {others} but no train/")
    return splits or [None]


def _place_of(found: _Candidates, split: str | None) -> str:
    places = [each for each in found.placed if each.split == split]
    return next((each.place for each in places if each.role == IMAGES), places[0].place)


def _match_split(found: _Candidates, split: str | None, warnings: list[str]) -> ImageMaskPairs:
    images = {key: path for key, path in found.images.items() if key[0] == split}
    masks = {key: path for key, path in found.masks.items() if key[0] == split}
    pairs = match_names(images, masks, found.suffix, warnings, found.base.path)
    if not pairs.images:
        raise UserError(_explain_no_pairs(found, split, images, masks))
    return pairs


def _explain_no_pairs(
    found: _Candidates, split: str | None, images: dict[Key, Path], masks: dict[Key, Path]
) -> str:
    first = [path for files in (images, masks) for path in list(files.values())[:1]]
    seen = ", ".join(relative(path, found.base.path) for path in first)
    named = f"the name with {found.suffix!r}" if found.suffix else "the same name"
    cityscapes = {"leftImg8bit", "gtFine"} <= {folder.name for folder in found.base.folders}
    other = "; the data set `cityscapes` reads these folders" if cityscapes else f"; {PAIR_LAYOUT}"
    place = _place_of(found, split) if split else "./"
    return f"{printable(str(found.base.path))}: {place}: no image has a mask of {named} (seen: {seen}){other}"


def _describe(found: _Candidates, splits: Sequence[str | None]) -> str:
    """Say which folders were taken for images and masks, and how they were paired."""
    how = f"names that differ by {found.suffix!r} (option mask_suffix)" if found.suffix else "equal names"
    parts = []
    for split in splits:
        images, masks = (_folders_of(found, split, role) for role in (IMAGES, MASKS))
        both = f"both in {images}" if found.beside else f"images {images}, masks {masks}"
        parts.append(f"{split}: {both}" if split else both)
    by_name = "no splits" if splits == [None] else "splits by name"
    return f"images and masks paired by {how}, {by_name} ({'; '.join(parts)})"


def _folders_of(found: _Candidates, split: str | None, role: str) -> str:
    folders = [
        each.folder for each in found.placed if each.split == split and (each.role == role or found.beside)
    ]
    return join_names([folder.describe() for folder in folders])

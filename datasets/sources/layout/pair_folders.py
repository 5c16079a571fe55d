"""Images and masks of a segmentation: which folders and names belong together, by split."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from user_error import UserError

from ..listing import SPLITS, is_image_file, join_names, printable
from .folder_names import IMAGES, MASKS
from .folder_tree import Folder, describe_layout, relative
from .name_pairs import ImageMaskPairs, Key, match_names
from .pair_candidates import Candidates, collect_candidates
from .pair_roles import PAIR_LAYOUT, find_pair_base
from .pair_splits import require_no_names_of_splits
from .split_lists import warn_of_split_lists
from .unnamed_pairs import reject_rival_masks


class PairFolders(NamedTuple):
    """The pairs of each split that a folder holds.

    base: the folder that names are relative to; places: where each split is, as 'train/', or 'all images';
    layout: what was taken for images and for masks, and how they were paired, in words.
    """

    base: Path
    pairs: dict[str, ImageMaskPairs]
    places: dict[str, str]
    layout: str


def find_pair_folders(root: Folder, suffix: str = "") -> PairFolders:
    """Return the images and masks below `root` by split.

    suffix: what the masks' names have more than those of their images; "" to find it.
    Raises UserError for another layout, and where roles, splits or names are ambiguous.
    """
    found = collect_candidates(find_pair_base(root), suffix)
    _require_both(found, suffix)
    reject_rival_masks(found, suffix)
    root.warnings.extend([*found.warnings, *_warn_of_other_files(found)])
    splits = _find_splits(found)
    root.warnings.extend(_warn_of_single(found, splits))
    pairs = {split or "train": _match_split(found, split, root.warnings) for split in splits}
    places = {split or "train": _place_of(found, split) for split in splits}
    if splits == [None]:
        root.warnings.extend(warn_of_split_lists(found.base))
    return PairFolders(found.base.path, pairs, places, _describe(found, splits))


def _warn_of_other_files(found: Candidates) -> Iterator[str]:
    """Yield a warning for the files in the folders of images and masks that are neither."""
    files = (path for each in found.placed for path in each.folder.files)
    other = [relative(path, found.base.path) for path in files if not is_image_file(path)]
    if other:
        yield f"files without an image extension, left out: {join_names(other)}"


def _warn_of_single(found: Candidates, splits: Sequence[str | None]) -> Iterator[str]:
    """Yield a warning for the files of no split that is used."""
    for files, kind in ((found.images, "images without masks"), (found.masks, "masks without images")):
        single = [relative(path, found.base.path) for key, path in files.items() if key[0] not in splits]
        if single:
            yield f"{kind}, left out: {join_names(single)}"


def _require_both(found: Candidates, suffix: str) -> None:
    place = printable(str(found.base.path))
    for files, kind in ((found.masks, "masks"), (found.images, "images")):
        if not files:
            what = f"no file named x{suffix}.png beside x.jpg, and " if suffix else ""
            raise UserError(
                f"{place}: {what}no folder of {kind} ({describe_layout(found.base)}); {PAIR_LAYOUT}"
            )


def _find_splits(found: Candidates) -> Sequence[str | None]:
    """Return the splits in their order, [None] where the folders name none."""
    present = {key[0] for key in found.images}
    splits = [split for split in SPLITS if split in present]
    if splits and "train" not in splits:
        others = " and ".join(_place_of(found, split) for split in splits)
        raise UserError(f"{printable(str(found.base.path))}: there is {others} but no train/")
    if not splits:
        require_no_names_of_splits(found.base, [each.folder for each in found.placed])
    return splits or [None]


def _place_of(found: Candidates, split: str | None) -> str:
    places = [each for each in found.placed if each.split == split]
    return next((each.place for each in places if each.role == IMAGES), places[0].place)


def _match_split(found: Candidates, split: str | None, warnings: list[str]) -> ImageMaskPairs:
    images = {key: path for key, path in found.images.items() if key[0] == split}
    masks = {key: path for key, path in found.masks.items() if key[0] == split}
    pairs = match_names(images, masks, found.suffix, warnings, found.base.path)
    if not pairs.images:
        raise UserError(_explain_no_pairs(found, split, images, masks))
    return pairs


def _explain_no_pairs(
    found: Candidates, split: str | None, images: dict[Key, Path], masks: dict[Key, Path]
) -> str:
    first = [path for files in (images, masks) for path in list(files.values())[:1]]
    seen = ", ".join(relative(path, found.base.path) for path in first)
    named = f"the name with {found.suffix!r}" if found.suffix else "the same name"
    cityscapes = {"leftImg8bit", "gtFine"} <= {folder.name for folder in found.base.folders}
    other = "; the data set `cityscapes` reads these folders" if cityscapes else f"; {PAIR_LAYOUT}"
    place = _place_of(found, split) if split else "./"
    drawn = f"; without {place} a {split} split is drawn" if split in ("validation", "test") else ""
    return f"{printable(str(found.base.path))}: {place}: no image has a mask of {named} (seen: {seen}){other}{drawn}"


def _describe(found: Candidates, splits: Sequence[str | None]) -> str:
    """Say which folders were taken for images and masks, and how they were paired."""
    how = f"names that differ by {found.suffix!r} (option mask_suffix)" if found.suffix else "equal names"
    parts = []
    for split in splits:
        images, masks = (_folders_of(found, split, role) for role in (IMAGES, MASKS))
        both = f"both in {images}" if found.beside else f"images {images}, masks {masks}"
        parts.append(f"{split}: {both}" if split else both)
    by_name = "no splits" if splits == [None] else "splits by name"
    return f"images and masks paired by {how}, {by_name} ({'; '.join(parts)})"


def _folders_of(found: Candidates, split: str | None, role: str) -> str:
    folders = [
        each.folder
        for each in found.placed
        if each.split in (split, None) and (each.role == role or found.beside)
    ]
    return join_names([folder.describe() for folder in folders])

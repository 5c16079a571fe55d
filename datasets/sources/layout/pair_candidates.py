"""Files that may be images or masks of a segmentation, by what their folders and names say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from pathlib import Path

from ..listing import join_names, printable
from .folder_names import IMAGES, MASKS
from .folder_tree import Folder
from .name_pairs import Key, add_file, count_pairs, find_suffix, find_suffix_beside, with_suffix
from .pair_roles import PlacedFolder, keep_one_role, place_folders
from .shared_splits import share_splits, without_splits


@dataclass
class Candidates:
    """Files that may be images or masks, by key, with the folders that they are in.

    unnamed: folders left out because their names say neither images nor masks.
    """

    base: Folder
    images: dict[Key, Path] = field(default_factory=dict)
    masks: dict[Key, Path] = field(default_factory=dict)
    placed: list[PlacedFolder] = field(default_factory=list)
    unnamed: list[Folder] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    suffix: str = ""
    beside: bool = False

    def leave_out(self, folders: Sequence[Folder]) -> None:
        """Add a warning that names the folders."""
        if folders:
            left = join_names([folder.describe() for folder in folders])
            self.warnings.append(f"folders that are neither images nor masks of a split, left out: {left}")

    def count(self) -> int:
        """Count the images that have a mask."""
        return count_pairs(self.images, self.masks, self.suffix)

    def all_named(self) -> bool:
        """Tell whether every folder that holds images is named after images or after masks, and there are both."""
        named = [each for each in self.placed if each.role_name]
        both = {each.role for each in named} == {IMAGES, MASKS}
        return both and len(named) == len(list(self.base.walk_folders()))

    def most_match(self) -> bool:
        """Tell whether at least half of the masks or of the images belong together; in one folder, of the images."""
        least = len(self.images) if self.beside else min(len(self.masks), len(self.images))
        return self.count() > 0 and 2 * self.count() >= least


def collect_candidates(base: Folder, suffix: str) -> Candidates:
    """Return images and masks by their folders' names, else by loosely read names, else by suffixes in one folder."""
    strict = _by_folders(base, suffix, loose=False)
    if strict.masks:
        return strict
    loose = _by_folders(base, suffix, loose=True)
    if loose.masks and (loose.most_match() or loose.all_named()):
        return loose
    beside = collect_by_suffix(base, suffix)
    return beside if beside.masks else strict


def _by_folders(base: Folder, suffix: str, *, loose: bool) -> Candidates:
    found = Candidates(base)
    placed = place_folders(base, loose=loose)
    if not any(each.role == IMAGES for each in placed):
        placed = [each if each.role else each._replace(role=IMAGES) for each in placed]
    outside = [each.folder for each in placed if each.role is None]
    if all(each.role != MASKS for each in placed):
        return found
    found.unnamed = list(outside)
    placed = keep_one_role(placed, found.warnings)
    lacking = {each.role for each in placed} - {each.role for each in placed if each.split}
    if any(each.split for each in placed) and not lacking:
        outside += [each.folder for each in placed if not each.split]
        placed = [each for each in placed if each.split]
    found.leave_out(outside)
    found.placed = placed
    _fill(found, suffix)
    return found


def _fill(found: Candidates, suffix: str) -> None:
    """Read the files of the folders, and find the suffix of the masks."""
    for each in found.placed:
        files = found.masks if each.role == MASKS else found.images
        _add_files(files, each)
    images, masks = without_splits(found.images), without_splits(found.masks)
    if not suffix and not count_pairs(images, masks, "") and not find_suffix(images, masks):
        found.images = _without_shared_folders(found, IMAGES)
        found.masks = _without_shared_folders(found, MASKS)
        images, masks = without_splits(found.images), without_splits(found.masks)
    found.suffix = suffix or find_suffix(images, masks)
    found.images, found.masks = share_splits(found.images, found.masks, found.suffix)


def _add_files(files: dict[Key, Path], placed: PlacedFolder) -> None:
    folder = printable(str(placed.folder.path))
    for path in placed.folder.images:
        add_file(files, (placed.split, placed.others, path.stem), path, folder)


def _without_shared_folders(found: Candidates, role: str) -> dict[Key, Path]:
    """Return files without the folders that all of them are in: photos2020/x.jpg and annotations/trimaps/x.png."""
    files = found.images if role == IMAGES else found.masks
    levels = zip(*(each.others for each in found.placed if each.role == role), strict=False)
    shared = len(list(takewhile(lambda names: len(set(names)) == 1, levels)))
    return {(split, others[shared:], stem): path for (split, others, stem), path in files.items()}


def collect_by_suffix(base: Folder, suffix: str) -> Candidates:
    """Return x_mask.png as the mask of x.jpg beside it; neither images nor masks where there is no such suffix."""
    files = [(folder.parts, path.stem) for folder in base.walk_folders() for path in folder.images]
    suffix = suffix or find_suffix_beside((None, *file) for file in files)
    if not suffix:
        return Candidates(base)
    placed = place_folders(base)
    found = Candidates(base, suffix=suffix, beside=True)
    if any(each.split for each in placed):
        found.leave_out([each.folder for each in placed if not each.split])
        placed = [each for each in placed if each.split]
    found.placed = placed
    for each in placed:
        _add_files(found.images, each)
    masks = [mask for key in found.images if (mask := with_suffix(key, suffix)) in found.images]
    found.masks = {mask: found.images.pop(mask) for mask in masks}
    return found

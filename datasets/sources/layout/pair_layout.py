"""Tell a folder of images and their masks from folders of classes."""

from __future__ import annotations

from user_error import UserError

from .folder_names import IMAGES, MASKS, read_name
from .folder_tree import Folder
from .mask_look import look_like_masks
from .name_pairs import with_suffix
from .pair_candidates import Candidates, collect_by_suffix, collect_candidates
from .pair_roles import find_pair_base


def is_pair_layout(root: Folder) -> bool:
    """Tell whether a folder holds images and their masks, and no class folders.

    Raises UserError where folders named after both images and masks are ambiguous.
    """
    base = find_pair_base(root)
    if any(map(_has_plain_names, (base, *base.folders))):
        return True
    if not _name_roles(base, loose=True) & {MASKS}:
        return collect_by_suffix(base, "").most_match()
    roles = _name_roles(base, loose=False)
    try:
        found = collect_candidates(base, "")
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


def _are_named(found: Candidates, roles: set[str | None]) -> bool:
    """Tell whether the folders' names leave no doubt: images and masks, or a split and its masks."""
    if found.beside or MASKS not in roles:
        return found.most_match() if found.beside else found.all_named()
    if IMAGES in roles:
        named = len(found.placed)
        unnamed = len(list(found.base.walk_folders())) - named
        plain = {each.role_name.casefold() for each in found.placed} >= {IMAGES, MASKS}
        return plain or found.all_named() or (found.most_match() and unnamed <= named)
    return found.most_match() and all(not each.others for each in found.placed)


def _look_right(found: Candidates) -> bool:
    """Tell whether the masks look like masks, where the names of the folders alone do not tell."""
    paired = [key for key in found.images if with_suffix(key, found.suffix) in found.masks]
    masks = [found.masks[with_suffix(key, found.suffix)] for key in paired]
    return look_like_masks(masks, [found.images[key] for key in paired])

"""What each folder of images is in a segmentation: images or masks, and of which split."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from user_error import UserError

from ..listing import join_names, printable
from .folder_names import IMAGES, MASKS, FolderName, read_name
from .folder_tree import Folder
from .pair_splits import SplitFolders, find_split_folders
from .split_folders import holds_splits_only

PAIR_LAYOUT = (
    "the layout is images/x.jpg, masks/x.png; or train/images/x.jpg, train/masks/x.png;"
    " or x_mask.png beside x.jpg"
)


class PlacedFolder(NamedTuple):
    """A folder of image files, and what the names on its path say.

    split: or None; role: `IMAGES`, `MASKS` or None; role_name, split_names: the names that say so;
    others: the names on the path that say neither; place: the path down to the split, for messages.
    """

    folder: Folder
    split: str | None
    role: str | None
    role_name: str
    split_names: tuple[str, ...]
    others: tuple[str, ...]
    place: str


def find_pair_base(root: Folder) -> Folder:
    """Return the folder that the images and masks start in: past folders that hold nothing but one folder."""
    base = root
    while len(base.filled) == 1 and not base.images:
        only = base.filled[0]
        name = read_name(only.name)
        is_named = (name.split or name.role) and not name.rest
        if only.images or (is_named and not (name.split and holds_splits_only(only))):
            break
        base = only
    return base


def place_folders(base: Folder, *, loose: bool = False) -> list[PlacedFolder]:
    """Return every folder below `base` that holds image files.

    loose: read a split or role also in names with other words in them (`ISIC2018_Task1_Training_GroundTruth`).
    Raises UserError for a folder on whose path there are two splits.
    """
    split_folders = find_split_folders(base, loose=loose)
    return [_place_folder(base, folder, split_folders, loose) for folder in base.walk_folders()]


def _place_folder(base: Folder, folder: Folder, split_folders: SplitFolders, loose: bool) -> PlacedFolder:
    parts = folder.path.relative_to(base.path).parts
    names = [read_name(part) for part in parts]
    found = [split_folders.get(base.path.joinpath(*parts[: number + 1])) for number in range(len(parts))]
    usable = [loose or not name.rest or bool(split) for name, split in zip(names, found, strict=True)]
    splits = [number for number, split in enumerate(found) if split]
    if len({found[number] for number in splits}) > 1:
        raise UserError(
            f"{printable(str(base.path))}: two splits on one path, {folder.describe()}; {PAIR_LAYOUT}"
        )
    role = _choose_role(parts, names, [number for number, name in enumerate(names) if usable[number]])
    inner = {
        number for number in splits[1:] if names[number].rest
    }  # uavid_train/seq1train: two places of one split
    used = {*splits, *(() if role is None else (role,))} - inner
    return PlacedFolder(
        folder=folder,
        split=found[splits[0]] if splits else None,
        role=None if role is None else names[role].role,
        role_name="" if role is None else parts[role],
        split_names=tuple(parts[number] for number in splits),
        others=tuple(part for number, part in enumerate(parts) if number not in used),
        place=f"{printable('/'.join(parts[: splits[0] + 1]))}/" if splits else "all images",
    )


def _choose_role(parts: Sequence[str], names: Sequence[FolderName], usable: Sequence[int]) -> int | None:
    """Return the position of the name that says images or masks: a plain one first, the upper one first."""
    roles = [number for number in usable if names[number].role]
    plain = [number for number in roles if parts[number].casefold() in (IMAGES, MASKS)]
    without_split = [number for number in roles if not names[number].split]
    return next(iter([*plain, *without_split, *roles]), None)


def keep_one_role(placed: Iterable[PlacedFolder], warnings: list[str]) -> list[PlacedFolder]:
    """Return the folders of images and of masks, where `images` and `masks` come before other names.

    Warns of those left out. Raises UserError where two other names could both hold the images or masks of a split, and
    for two folders of one split.
    """
    kept = [each for each in placed if each.role is not None]
    left: list[PlacedFolder] = []
    for split, role in dict.fromkeys((each.split, each.role) for each in kept):
        group = [each for each in kept if (each.split, each.role) == (split, role)]
        _require_one_split_name(group)
        left += _find_others(group, str(role))
    if left:
        warnings.append(
            f"other folders of {_join_roles(left)}, left out: {join_names([each.folder.describe() for each in left])}"
        )
    return [each for each in kept if each not in left]


def _join_roles(placed: Iterable[PlacedFolder]) -> str:
    """Return 'images', 'masks' or 'images and masks'."""
    return " and ".join(sorted({str(each.role) for each in placed}))


def _find_others(group: Sequence[PlacedFolder], role: str) -> list[PlacedFolder]:
    names = sorted({each.role_name for each in group})
    plain = [name for name in names if name.casefold() == role]
    if len(names) < 2:
        return []
    if len(plain) != 1:
        folders = join_names([each.folder.describe() for each in group])
        raise UserError(
            f"{printable(str(group[0].folder.root))}: {folders} may all hold the {role}; keep one, or call it"
            f" {role}/; {PAIR_LAYOUT}"
        )
    return [each for each in group if each.role_name != plain[0]]


def _require_one_split_name(group: Sequence[PlacedFolder]) -> None:
    names = sorted({each.split_names[0] for each in group if each.split_names})
    if len(names) > 1:
        both = " and ".join(f"{printable(name)}/" for name in names[:2])
        root = printable(str(group[0].folder.root))
        raise UserError(f"{root}: {both} are both its {group[0].split} split; keep one")

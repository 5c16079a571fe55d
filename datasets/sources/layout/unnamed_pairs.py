"""Find images and masks that were put into folders whose names do not say so, or among the images of classes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from user_error import UserError

from ..listing import join_names, printable
from .folder_tree import Folder, relative
from .mask_look import look_like_masks
from .name_pairs import MASK_SUFFIX
from .pair_roles import PAIR_LAYOUT


def reject_unnamed_pairs(base: Folder, classes: Mapping[str, Folder]) -> None:
    """Raise UserError where two class folders hold equal names, and those of one look like masks of the other."""
    filled = [folder for folder in classes.values() if folder.has_images]
    if len(filled) != 2:
        return
    one, other = (_by_stem(folder) for folder in filled)
    if one.keys() != other.keys():
        return
    first, second = ([files[stem] for stem in sorted(files)] for files in (one, other))
    for (masks, images), folder in (((first, second), filled[0]), ((second, first), filled[1])):
        if look_like_masks(masks, images):
            names = " and ".join(each.describe() for each in filled)
            raise UserError(
                f"{printable(str(base.path))}: {names} hold equal names, and those of {folder.describe()} look like"
                f" masks; {PAIR_LAYOUT}; if they are classes, name them with the option `classes`"
            )


def warn_of_masks_among_images(base: Folder) -> Iterator[str]:
    """Yield one warning for files such as x_mask.png beside x.jpg, which are taken for images of the class."""
    for folder in base.walk_folders():
        stems = {path.stem for path in folder.images}
        masks = [
            relative(path, base.path)
            for path in folder.images
            if (ending := MASK_SUFFIX.search(path.stem)) and path.stem[: ending.start()] in stems
        ]
        if masks:
            yield f"files named like masks of other images, taken for images of the class: {join_names(masks)}"


def _by_stem(folder: Folder) -> dict[str, Path]:
    """Return the image files by their path below the folder, without extension."""
    return {
        str(path.relative_to(folder.path).with_suffix("")): path
        for below in folder.walk_folders()
        for path in below.images
    }

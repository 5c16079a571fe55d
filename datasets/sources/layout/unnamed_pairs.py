"""Find images and masks that were put into folders whose names do not say so, or among the images of classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, permutations
from pathlib import Path

from user_error import UserError

from ..listing import join_names, printable
from .folder_names import IMAGES, MASKS, read_name
from .folder_pairs import have_equal_names, have_related_names, match_folders, match_masks, match_order
from .folder_tree import Folder, relative
from .mask_look import look_like_masks
from .name_pairs import MASK_SUFFIX, longest_match
from .pair_candidates import Candidates
from .pair_roles import PAIR_LAYOUT, PlacedFolder

MAX_FOLDERS, MAX_FILES = 4, 200
"""How many folders of any name may be images and masks, and how many files of a folder are looked at."""
OTHER_ANNOTATIONS = frozenset(
    (
        *("instance", "instances", "object", "objects", "panoptic", "part", "parts", "superpixels", "depth"),
        *(
            "color",
            "colors",
            "colored",
            "colour",
            "colours",
            "colormaps",
            "vis",
            "viz",
            "visualization",
            "overlay",
        ),
        *("overlays", "human", "edge", "edges", "boundary", "boundaries"),
    )
)
"""Words for pictures of the same content that are not the masks of a semantic segmentation."""
AS_CLASSES = "if they are classes, name them with the option `classes`"


def reject_unnamed_pairs(base: Folder, classes: Mapping[str, Folder]) -> None:
    """Raise UserError for class folders that look like images and masks by their names and pixels.

    Either a folder, of few or named after masks, has files for those of another, beside the class folders or within
    one; or a folder holds pairs of names; and one of each looks like the mask of the other.
    """
    filled = [folder for folder in classes.values() if folder.has_images]
    place = printable(str(base.path))
    within = (folder.filled for folder in filled[:MAX_FOLDERS])
    for masks, images in chain(_find_masks(filled), chain.from_iterable(map(_find_masks, within))):
        raise UserError(
            f"{place}: the files of {masks.describe()} look like masks of those of {images.describe()};"
            f" {PAIR_LAYOUT}; {AS_CLASSES}"
        )
    for folder in filled[:MAX_FOLDERS]:
        files = folder.images[:MAX_FILES]
        for mask, image in chain(_find_named_pair(files), _find_pair_beside(files)):
            raise UserError(
                f"{place}: {relative(mask, base.path)} looks like the mask of {image.name}, and so on;"
                f" {PAIR_LAYOUT}, with the option mask_suffix; {AS_CLASSES}"
            )


def _find_masks(beside: Sequence[Folder]) -> Iterator[tuple[Folder, Folder]]:
    """Yield a folder of masks and one of its images: among few folders any, among many those named after masks."""
    if len(beside) <= MAX_FOLDERS:
        for masks, images in permutations(beside, 2):
            files = match_folders(masks, images)
            of_photographs = not have_equal_names(*files)
            if have_related_names(*files) and look_like_masks(*files, of_photographs=of_photographs):
                yield masks, images
    named = [folder for folder in beside if read_name(folder.name).role == MASKS]
    others = [folder for folder in beside if folder not in named]
    for masks in named:
        files = match_masks(masks, others)
        if look_like_masks(*files):
            yield masks, next(folder for folder in others if files[1][0].is_relative_to(folder.path))


def _find_named_pair(files: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Yield a mask and an image if about as many files are called mask as image: image.png, mask.png in each folder."""
    names = [(read_name(path.stem), path) for path in files]
    images, masks = (
        [path for name, path in names if name.role == role and not name.rest] for role in (IMAGES, MASKS)
    )
    if 2 * min(len(images), len(masks)) >= max(len(images), len(masks), 1):
        yield masks[0], images[0]


def _find_pair_beside(files: Sequence[Path]) -> Iterator[tuple[Path, Path]]:
    """Yield one mask and its image, if most files of a folder look like pairs of them."""
    by_stem: dict[str, list[Path]] = {}
    for path in files:
        by_stem.setdefault(path.stem, []).append(path)
    keys = {(None, (), stem): stem for stem in by_stem}
    suffixes = Counter(suffix for key in keys if (suffix := longest_match(key, keys)))
    suffix = suffixes.most_common(1)[0][0] if suffixes else ""
    equal = [(group[0], group[1]) for group in by_stem.values() if len(group) == 2]
    other = [(by_stem[stem][0], by_stem[stem + suffix][0]) for stem in by_stem if stem + suffix in by_stem]
    for pairs in (equal, other if suffix else []):
        for masks, images in permutations(list(zip(*pairs, strict=True)), 2):
            if 4 * len(pairs) >= len(files) and look_like_masks(masks, images):
                yield masks[0], images[0]


def reject_rival_masks(found: Candidates, suffix: str) -> None:
    """Raise UserError for a left-out folder whose files look as much like masks as those that are taken.

    suffix: the option `mask_suffix`, which decides. Folders named after another annotation (`instances`) are no rivals.
    """
    masks = [each for each in found.placed if each.role == MASKS]
    for rival in () if suffix else found.unnamed:
        images = _find_images_of(rival, found)
        if images is None or OTHER_ANNOTATIONS.intersection(read_name(rival.name).decoration):
            continue
        taken = next((each for each in masks if each.split == images.split), masks[0]).folder.describe()
        option = f"; or choose {taken} with the option mask_suffix: {found.suffix}" if found.suffix else ""
        raise UserError(
            f"{printable(str(found.base.path))}: {taken} and {rival.describe()} may both hold the masks of"
            f" {images.folder.describe()}; keep one, called masks/, with the names of the images{option}"
        )


def _find_images_of(rival: Folder, found: Candidates) -> PlacedFolder | None:
    """Return the first folder of images that has as many files, and of which these look like masks."""
    images = (each for each in found.placed if each.role == IMAGES)
    return next(
        (each for each in images if look_like_masks(*match_order(rival.images, each.folder.images))), None
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

"""Which mask belongs to which image, by their names: equal stems, or a suffix such as `_mask`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from user_error import UserError

from ..listing import join_names, printable
from .folder_names import MASK_WORDS

Key = tuple[str | None, tuple[str, ...], str]
"""Names a file without saying whether it is an image or a mask: its split, the folders that say neither, its stem."""
Files = Mapping[Key, Path]
MASK_SUFFIX = re.compile(rf"(?i)[ _.-]+(ground[ _.-]?truth|{'|'.join(sorted(MASK_WORDS))})$")
"""The endings that tell a mask from the image beside it, in one folder."""
SHARE = 0.5
"""A suffix belongs to the data if it is found at least this often as the most common one."""


class ImageMaskPairs(NamedTuple):
    """Images and their masks, equal in number and order."""

    images: list[Path]
    masks: list[Path]


def with_suffix(key: Key, suffix: str) -> Key:
    """Return the key of the mask of an image."""
    return key[0], key[1], key[2] + suffix


def without_suffix(key: Key, suffix: str) -> Key | None:
    """Return the key of the image of a mask; None for a name that does not end in the suffix."""
    stem = key[2].removesuffix(suffix)
    return (key[0], key[1], stem) if len(stem) == len(key[2]) - len(suffix) else None


def count_pairs(images: Collection[Key], masks: Collection[Key], suffix: str) -> int:
    """Count the images that have a mask."""
    return sum(with_suffix(key, suffix) in masks for key in images)


def find_suffix(images: Collection[Key], masks: Collection[Key]) -> str:
    """Return what the masks' stems add to those of their images; "" for nothing, or where nothing fits.

    Equal names come first. Raises UserError for two suffixes that are about as common.
    """
    if count_pairs(images, masks, ""):
        return ""
    counts = Counter(suffix for mask in masks if (suffix := longest_match(mask, images)))
    return _most_common(counts)


def longest_match(mask: Key, images: Collection[Key]) -> str:
    """Return the rest of a mask's stem after the longest image's stem that it starts with."""
    split, folders, stem = mask
    for length in range(len(stem) - 1, 0, -1):
        rest = stem[length:]
        if (split, folders, stem[:length]) in images and _is_suffix(rest):
            return rest
    return ""


def _is_suffix(rest: str) -> bool:
    """Tell whether a text sets a mask's name apart: a sign and letters, or a word for masks; no mere number."""
    return bool(re.match(r"[\W_]+.*[^\W\d_]", rest)) or rest.casefold() in MASK_WORDS


def find_suffix_beside(stems: Iterable[Key]) -> str:
    """Return the suffix of masks that lie among their images, x_mask.png beside x.jpg; "" for none.

    Raises UserError for two suffixes that are about as common.
    """
    keys = set(stems)
    found = ((key, match) for key in keys if (match := MASK_SUFFIX.search(key[2])))
    beside = (match[0] for key, match in found if (key[0], key[1], key[2][: match.start()]) in keys)
    return _most_common(Counter(beside))


def _most_common(counts: Counter[str]) -> str:
    if not counts:
        return ""
    ranked = counts.most_common()
    rivals = sorted(suffix for suffix, count in ranked if count >= SHARE * ranked[0][1])
    if len(rivals) > 1:
        raise UserError(
            f"the masks end in {' and in '.join(map(repr, rivals[:3]))};"
            f" choose one with the option `mask_suffix`, such as mask_suffix: {rivals[0]}"
        )
    return ranked[0][0]


def add_file(files: dict[Key, Path], key: Key, path: Path, folder: str) -> None:
    """Add a file under its key. Raises UserError where another file has the key already."""
    if key in files:
        both = f"{printable(files[key].name)} and {printable(path.name)}"
        if files[key].parent != path.parent:
            places = f"{printable(str(files[key]))} and {printable(str(path))}"
            raise UserError(f"{places} have the same name, so that a mask could belong to either; keep one")
        raise UserError(f"{folder}: {both} differ only in their extension; keep one")
    files[key] = path


def match_names(images: Files, masks: Files, suffix: str, warnings: list[str], root: Path) -> ImageMaskPairs:
    """Return images with their masks, in the order of the images; warn of those without a partner."""
    partners = {with_suffix(key, suffix): key for key in images}
    for files, paired, kind in (
        (images, {partners[key] for key in masks if key in partners}, "images without masks"),
        (masks, partners.keys(), "masks without images"),
    ):
        single = [printable(str(path.relative_to(root))) for key, path in files.items() if key not in paired]
        if single:
            warnings.append(f"{kind}, left out: {join_names(single)}")
    matched = [(path, with_suffix(key, suffix)) for key, path in images.items()]
    return ImageMaskPairs(
        [path for path, key in matched if key in masks], [masks[key] for _, key in matched if key in masks]
    )

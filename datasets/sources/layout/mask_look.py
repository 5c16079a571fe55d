"""Tell masks from photographs by a look at a few of them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

from PIL import Image

from .. import image_decoding, listing

SAMPLES = 3
MANY_COLORS = 4096
COVERED = 0.9
"""The share of the pixels whose colors are counted: the rest may be what JPEG makes of a mask's edges."""
MAX_MASK_COLORS = 32
"""A mask has at most this many values or colors; a photograph has more, and twice as many as its mask."""


def look_like_masks(masks: Sequence[Path], images: Sequence[Path], *, of_photographs: bool = False) -> bool:
    """Tell whether the first files of `masks` look like the masks of those of `images`: few values, and fewer.

    of_photographs: the images must have more colors than a mask can have.
    """
    least = MAX_MASK_COLORS + 1 if of_photographs else 0
    pairs = list(zip(masks[:SAMPLES], images[:SAMPLES], strict=False))
    return bool(pairs) and all(_is_mask_of(mask, image, least) for mask, image in pairs)


def _is_mask_of(mask: Path, image: Path, least: int) -> bool:
    try:
        one, other = listing.open_image(mask), listing.open_image(image)
    except image_decoding.DECODE_ERRORS:
        return False
    colors = _count_colors(one)
    return (
        one.size == other.size
        and colors <= MAX_MASK_COLORS
        and max(2 * colors, least) <= _count_colors(other)
    )


def _count_colors(image: Image.Image) -> int:
    """Count the values or colors that cover most of the pixels, the most common first; 4097 for many."""
    counted = image if image.mode in ("1", "L", "P", "RGB", "RGBA") else image.convert("RGB")
    found = counted.getcolors(MANY_COLORS)
    if found is None:
        return MANY_COLORS + 1
    covered = accumulate(sorted((count for count, _ in found), reverse=True))
    return 1 + sum(pixels < COVERED * image.width * image.height for pixels in covered)

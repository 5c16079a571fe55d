"""Mask files to the values of their pixels: whole numbers as they are stored, or each color's row in a palette."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from user_error import UserError

from ..sources.image_decoding import SIXTEEN_BIT_MODES, Bytes

MAX_VALUE = 255
MAX_UNKNOWN = 300
"""How many unknown colors or values are kept of one mask: more are no classes, but a photograph."""


class UnknownMaskValuesError(UserError):
    """Values of a mask that cannot be classes. pixels: how many hold each, by its name: '#ff0000' or '300'.

    Of a mask with values beyond 8 bits, `pixels` has all values.
    """

    def __init__(self, message: str, pixels: Mapping[str, int]) -> None:
        super().__init__(message)
        self.pixels = dict(list(pixels.items())[:MAX_UNKNOWN])


def mask_to_classes(mask: Image.Image, palette: Bytes | None) -> NDArray[np.int64]:
    """Convert a stored mask to values (h,w): its own, 0 to 255, or each color's row in `palette` (k,3).

    Raises UnknownMaskValuesError for colors without a palette, colors that are not in it and values beyond 255;
    UserError for other modes.
    """
    if mask.mode in SIXTEEN_BIT_MODES:
        values = np.asarray(mask).astype(np.int64)
        return (
            _require_8_bits(values) if palette is None else _colors_to_classes(_grey_levels(values), palette)
        )
    if palette is not None:
        return _colors_to_classes(np.asarray(mask.convert("RGB")), palette)
    if mask.mode in ("L", "P", "1"):
        return np.asarray(mask).astype(np.int64)
    if mask.mode in ("RGB", "RGBA", "LA"):
        bands = np.asarray(mask.convert("RGB"))
        if (bands == bands[..., :1]).all():
            return bands[..., 0].astype(np.int64)
        raise UnknownMaskValuesError(
            "the mask is in colors; give the classes' colors with the option `palette`",
            _count_colors(_pack_rgb(bands)),
        )
    raise UserError(f"a mask of mode {mask.mode}; masks must have mode L, P, I;16 or, with a palette, RGB")


def color_of(value: int) -> str:
    """Return the color of a grey level, '#555555' for 85."""
    return f"#{value:02x}{value:02x}{value:02x}"


def _require_8_bits(values: NDArray[np.int64]) -> NDArray[np.int64]:
    low, high = values.min(initial=0), values.max(initial=0)
    if low >= 0 and high <= MAX_VALUE:
        return values
    found, pixels = np.unique(values, return_counts=True)
    raise UnknownMaskValuesError(
        f"it holds the value {int(high if high > MAX_VALUE else low)}; values must be from 0 to {MAX_VALUE}",
        dict(zip(map(str, found.tolist()), pixels.tolist(), strict=True)),
    )


def _grey_levels(values: NDArray[np.int64]) -> Bytes:
    """Convert 16-bit levels to RGB: those up to 255 as they are, else those that repeat one byte, 0xcccc.

    Raises UnknownMaskValuesError for other levels.
    """
    if values.max(initial=0) > MAX_VALUE and not (values % 257).any():
        values = values // 257
    return np.repeat(_require_8_bits(values).astype(np.uint8)[..., None], 3, axis=2)


def _colors_to_classes(pixels: Bytes, palette: Bytes) -> NDArray[np.int64]:
    codes, known = _pack_rgb(pixels), _pack_rgb(palette)
    order = np.argsort(known, kind="stable")
    rank = np.searchsorted(known[order], codes).clip(max=len(known) - 1)
    unknown = codes != known[order][rank]
    if unknown.any():
        first = int(codes[unknown][0])
        raise UnknownMaskValuesError(
            f"the color #{first:06x} ({int(unknown.sum())} pixels) is not in the palette",
            _count_colors(codes[unknown]),
        )
    classes: NDArray[np.int64] = order[rank]
    return classes


def _pack_rgb(pixels: Bytes) -> NDArray[np.int64]:
    wide = pixels.astype(np.int64)
    codes: NDArray[np.int64] = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    return codes


def _count_colors(codes: NDArray[np.int64]) -> dict[str, int]:
    found, pixels = np.unique(codes, return_counts=True)
    return {f"#{code:06x}": count for code, count in zip(found.tolist(), pixels.tolist(), strict=True)}

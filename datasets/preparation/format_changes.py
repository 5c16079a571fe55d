"""What a file holds that does not reach the array as it is: bands, bits, transparency, frames, rotation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from ..sources.image_decoding import DECODE_ERRORS, SIXTEEN_BIT_MODES
from ..sources.listing import open_image

Changes = dict[str, tuple[float, float]]
"""What changes, by kind (the keys of `change_report.IMAGES` and `MASKS`), with the range of its number."""
ORIENTATION = 0x0112
PHOTOMETRIC, SAMPLES_PER_PIXEL = 262, 277
CONVERTED_MODES = ("CMYK", "LAB", "HSV", "YCbCr")


class _Header(NamedTuple):
    """What only an opened file knows. bits: of a band, 8 or 16; bands: in the file; frames: or pages.

    is_inverted: grey levels of TIFF whose 0 is white, which Pillow turns round.
    """

    bits: int = 8
    bands: int = 0
    frames: int = 1
    is_inverted: bool = False


class MaskForm(NamedTuple):
    """What a mask's format changes, and the colors that stand for its values: palettes and single bits have them."""

    changes: Changes
    colors: dict[int, str]


def find_image_changes(stored: Image.Image) -> Changes:
    """Return what an image, as it was stored, loses or changes when it becomes 8-bit RGB."""
    header = _read_header(stored)
    changes = _find_common_changes(stored, header)
    if stored.mode in SIXTEEN_BIT_MODES or stored.mode == "F":
        changes |= _find_wide_values(stored)
    elif header.bits == 16:
        changes["deep bands"] = (16, 16)
    if stored.mode in CONVERTED_MODES:
        changes["converted"] = (1, 1)
    if "icc_profile" in stored.info:
        changes["profile"] = (1, 1)
    share = _transparent_share(stored)
    if share:
        changes["fourth band" if stored.format == "TIFF" else "transparent"] = (share, share)
    return changes


def inspect_mask_file(path: Path | None) -> MaskForm:
    """Return what a mask's format changes. Raises what Pillow raises for a file that cannot be read."""
    if path is None:
        return MaskForm({}, {})
    mask = open_image(path)
    form = _read_header(mask)
    changes = _find_common_changes(mask, form)
    if form.bits == 16 and mask.mode not in SIXTEEN_BIT_MODES:
        changes["deep bands"] = (16, 16)
    if form.is_inverted:
        changes["inverted"] = (1, 1)
    if mask.has_transparency_data and _varies(mask.convert("RGBA").getchannel("A")):
        is_drawn = not any(_varies(band) for band in mask.convert("RGB").split())
        changes["drawn in alpha" if is_drawn else "alpha"] = (1, 1)
    return MaskForm(changes, _colors_of_values(mask))


def _find_common_changes(stored: Image.Image, header: _Header) -> Changes:
    changes: Changes = {"frames": (header.frames, header.frames)} if header.frames > 1 else {}
    if header.bands > len(stored.getbands()):
        changes["bands"] = (header.bands, header.bands)
    orientation = stored.getexif().get(ORIENTATION, 1)
    if orientation in range(2, 9):
        changes["turned"] = (orientation, orientation)
    return changes


def _read_header(stored: Image.Image) -> _Header:
    """Open the file of an image again, without decoding it; an image that has no file has 8 bits and one frame."""
    path = getattr(stored, "filename", "")
    if not path:
        return _Header()
    with Image.open(path) as header:
        tile = header.tile[0].args if getattr(header, "tile", None) else ""
        raw_mode = str(tile[0] if isinstance(tile, tuple) and tile else tile)
        tags: Mapping[int, int] = getattr(header, "tag_v2", {})
        bands = int(tags.get(SAMPLES_PER_PIXEL, 0))
        is_inverted = tags.get(PHOTOMETRIC) == 0 and stored.mode == "L"
        return _Header(16 if ";16" in raw_mode else 8, bands, _count_frames(header), is_inverted)


def _count_frames(header: Image.Image) -> int:
    """Return the number of frames or pages; 1 where what follows the first is damaged, as it is not read."""
    try:
        return int(getattr(header, "n_frames", 1))
    except DECODE_ERRORS:
        return 1


def _find_wide_values(stored: Image.Image) -> Changes:
    """Return the range of 16-bit, 32-bit or floating-point values, and what of it 8 bits cannot show."""
    values = np.asarray(stored)
    finite = values[np.isfinite(values)].astype(np.float64)
    low, high = float(finite.min(initial=np.inf)), float(finite.max(initial=-np.inf))
    if not finite.size:
        return {"not finite": (1, 1)}
    changes: Changes = {} if finite.size == values.size else {"not finite": (1, 1)}
    if stored.mode != "F":
        return changes | {"sixteen bits" if low >= 0 and high <= 65535 else "clipped": (low, high)}
    return changes | {"unit floats" if high <= 1 else "floats": (low, high)}


def _transparent_share(stored: Image.Image) -> float:
    """Return the share of pixels that are not wholly opaque."""
    if not stored.has_transparency_data:
        return 0.0
    return float((np.asarray(stored.convert("RGBA").getchannel("A")) < 255).mean())


def _varies(band: Image.Image) -> bool:
    low, high = band.getextrema()
    return low != high


def _colors_of_values(mask: Image.Image) -> dict[int, str]:
    """Return the color of each value in a mask with a palette, or of single bits; others are grey levels."""
    if mask.mode not in ("P", "1"):
        return {}
    values, first = np.unique(np.asarray(mask).astype(np.int64), return_index=True)
    pixels = np.asarray(mask.convert("RGB")).reshape(-1, 3)[first].tolist()
    return {
        value: "#{:02x}{:02x}{:02x}".format(*pixel)
        for value, pixel in zip(values.tolist(), pixels, strict=True)
    }

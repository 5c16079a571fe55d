"""Image files of any kind -> uint8 arrays of one size. Letters: H and W pixels, C channels (3: RGB, 1: grey)."""

from __future__ import annotations

import struct
import zlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from user_error import UserError

Bytes = NDArray[np.uint8]
Fit = str

UNREADABLE = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    LookupError,
    TypeError,
    EOFError,
    NotImplementedError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
    Warning,
)
"""What Pillow's decoders raise over damaged files."""
EXTENSIONS = frozenset(
    f".{kind}"
    for kind in (
        *("avif", "bmp", "gif", "jfif", "jp2", "jpeg", "jpg", "pbm"),
        *("pgm", "png", "pnm", "ppm", "tif", "tiff", "webp"),
    )
)
SIXTEEN_BIT = ("I;16", "I;16L", "I;16B", "I;16N", "I")
FITS = ("stretch", "crop")


class Frame(NamedTuple):
    """The pixels that a network is given. `fit` stretch: both sides as they come; crop: the middle, undistorted."""

    height: int
    width: int
    fit: Fit
    channels: int


def upright(picture: Image.Image) -> Image.Image:
    """The picture as a viewer shows it: turned by its EXIF orientation."""
    return ImageOps.exif_transpose(picture)


def colours(picture: Image.Image, channels: int = 3) -> Image.Image:
    """Any mode -> RGB or L of 8 bits: 16 bits keep the upper 8, transparency is laid on white."""
    if picture.mode in SIXTEEN_BIT:
        grey = np.clip(np.asarray(picture).astype(np.int64), 0, 65535) >> 8
        picture = Image.fromarray(grey.astype(np.uint8))
    elif picture.mode == "F":
        picture = Image.fromarray(_from_floats(np.asarray(picture)))
    elif picture.has_transparency_data:
        above = picture.convert("RGBA")
        picture = Image.alpha_composite(Image.new("RGBA", above.size, (255, 255, 255, 255)), above)
    return picture.convert("RGB" if channels == 3 else "L")


def _from_floats(values: NDArray[Any]) -> Bytes:
    """Floats count as 0..1 where none is above 1, else as 0..255; what is no number is black."""
    known = np.nan_to_num(values, nan=0.0, posinf=255.0, neginf=0.0)
    scale = 255 if known.max(initial=0.0) <= 1 else 1
    levels: Bytes = np.clip(np.rint(known * scale), 0, 255).astype(np.uint8)
    return levels


def image(picture: Image.Image, frame: Frame) -> Bytes:
    """A stored picture -> (C,H,W), resized with antialiasing."""
    turned = colours(upright(picture), frame.channels)
    pixels = np.asarray(_fitted(turned, frame, Image.Resampling.BILINEAR))
    return np.ascontiguousarray(pixels.transpose(2, 0, 1) if frame.channels == 3 else pixels[None])


def mask(classes: Bytes, frame: Frame) -> Bytes:
    """Class indices (h,w) -> (H,W) by nearest neighbour, over the same part of the picture as `image`."""
    return np.asarray(_fitted(Image.fromarray(classes), frame, Image.Resampling.NEAREST))


def _fitted(picture: Image.Image, frame: Frame, how: Image.Resampling) -> Image.Image:
    size = (frame.width, frame.height)
    if picture.size == size:
        return picture
    return picture.resize(size, how) if frame.fit == "stretch" else ImageOps.fit(picture, size, how)


def indices(picture: Image.Image, palette: Bytes | None) -> NDArray[np.int64]:
    """A stored mask -> class indices (h,w): the values themselves, or each colour's row in `palette` (k,3).

    Raises UserError for colours without a palette and for colours that are not in it.
    """
    if palette is not None:
        return _looked_up(np.asarray(picture.convert("RGB")), palette)
    if picture.mode in ("L", "P", "1", *SIXTEEN_BIT):
        return np.asarray(picture).astype(np.int64)
    if picture.mode in ("RGB", "RGBA", "LA"):
        bands = np.asarray(picture.convert("RGB"))
        if (bands == bands[..., :1]).all():
            return bands[..., 0].astype(np.int64)
        raise UserError("the mask is in colours; give their classes with the option `palette`")
    raise UserError(f"a mask of mode {picture.mode}; masks are of mode L, P, I;16 or, with a palette, RGB")


def _looked_up(pixels: Bytes, palette: Bytes) -> NDArray[np.int64]:
    codes, known = _codes(pixels), _codes(palette)
    order = np.argsort(known, kind="stable")
    place = np.searchsorted(known[order], codes).clip(max=len(known) - 1)
    strange = codes != known[order][place]
    if strange.any():
        first = int(codes[strange][0])
        raise UserError(f"the colour #{first:06x} ({int(strange.sum())} pixels) is not in the palette")
    found: NDArray[np.int64] = order[place]
    return found


def _codes(pixels: Bytes) -> NDArray[np.int64]:
    wide = pixels.astype(np.int64)
    codes: NDArray[np.int64] = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    return codes

"""Image files of any kind to uint8 arrays of one size. Letters: H and W pixels, C channels (3: RGB, 1: grey)."""

from __future__ import annotations

import struct
import zlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from user_error import UserError

Bytes = NDArray[np.uint8]

DECODE_ERRORS = (
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
"""What Pillow's decoders raise for damaged files."""
EXTENSIONS = frozenset(
    f".{kind}"
    for kind in (
        *("avif", "bmp", "gif", "jfif", "jp2", "jpeg", "jpg", "pbm"),
        *("pgm", "png", "pnm", "ppm", "tif", "tiff", "webp"),
    )
)
SIXTEEN_BIT_MODES = ("I;16", "I;16L", "I;16B", "I;16N", "I")
FITS = ("stretch", "crop")


class ImageFormat(NamedTuple):
    """The size and channels of decoded images.

    `fit`: "stretch" resizes both sides independently, "crop" keeps the aspect ratio and crops the center.
    """

    height: int
    width: int
    fit: str
    channels: int


def apply_exif_orientation(image: Image.Image) -> Image.Image:
    """Return the image as a viewer shows it: rotated by its EXIF orientation."""
    return ImageOps.exif_transpose(image)


def convert_mode(image: Image.Image, channels: int = 3) -> Image.Image:
    """Convert any mode to 8-bit RGB (3 channels) or L (1): 16 bits keep the upper 8, transparency becomes white."""
    if image.mode in SIXTEEN_BIT_MODES:
        grey = np.clip(np.asarray(image).astype(np.int64), 0, 65535) >> 8
        image = Image.fromarray(grey.astype(np.uint8))
    elif image.mode == "F":
        image = Image.fromarray(_float_to_uint8(np.asarray(image)))
    elif image.has_transparency_data:
        foreground = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", foreground.size, (255, 255, 255, 255)), foreground)
    return image.convert("RGB" if channels == 3 else "L")


def _float_to_uint8(values: NDArray[Any]) -> Bytes:
    """Scale floats from 0..1 where none is above 1, else from 0..255; NaN becomes black."""
    finite = np.nan_to_num(values, nan=0.0, posinf=255.0, neginf=0.0)
    scale = 255 if finite.max(initial=0.0) <= 1 else 1
    levels: Bytes = np.clip(np.rint(finite * scale), 0, 255).astype(np.uint8)
    return levels


def image_to_array(image: Image.Image, target: ImageFormat) -> Bytes:
    """Convert a stored image to uint8 (C,H,W), resized with antialiasing."""
    converted = convert_mode(apply_exif_orientation(image), target.channels)
    pixels = np.asarray(_resize(converted, target, Image.Resampling.BILINEAR))
    return np.ascontiguousarray(pixels.transpose(2, 0, 1) if target.channels == 3 else pixels[None])


def resize_mask(classes: Bytes, target: ImageFormat) -> Bytes:
    """Resize class indices (h,w) to (H,W) by nearest neighbor, over the same region as `image_to_array`."""
    return np.asarray(_resize(Image.fromarray(classes), target, Image.Resampling.NEAREST))


def _resize(image: Image.Image, target: ImageFormat, resample: Image.Resampling) -> Image.Image:
    size = (target.width, target.height)
    if image.size == size:
        return image
    if target.fit == "stretch":
        return image.resize(size, resample)
    return ImageOps.fit(image, size, resample)


def mask_to_classes(mask: Image.Image, palette: Bytes | None) -> NDArray[np.int64]:
    """Convert a stored mask to class indices (h,w): its values, or each color's row in `palette` (k,3).

    Raises UserError for colors without a palette and for colors that are not in it.
    """
    if palette is not None:
        return _colors_to_classes(np.asarray(mask.convert("RGB")), palette)
    if mask.mode in ("L", "P", "1", *SIXTEEN_BIT_MODES):
        return np.asarray(mask).astype(np.int64)
    if mask.mode in ("RGB", "RGBA", "LA"):
        bands = np.asarray(mask.convert("RGB"))
        if (bands == bands[..., :1]).all():
            return bands[..., 0].astype(np.int64)
        raise UserError("the mask is in colors; give the classes' colors with the option `palette`")
    raise UserError(f"a mask of mode {mask.mode}; masks must have mode L, P, I;16 or, with a palette, RGB")


def _colors_to_classes(pixels: Bytes, palette: Bytes) -> NDArray[np.int64]:
    codes, known = _pack_rgb(pixels), _pack_rgb(palette)
    order = np.argsort(known, kind="stable")
    rank = np.searchsorted(known[order], codes).clip(max=len(known) - 1)
    unknown = codes != known[order][rank]
    if unknown.any():
        first = int(codes[unknown][0])
        raise UserError(f"the color #{first:06x} ({int(unknown.sum())} pixels) is not in the palette")
    classes: NDArray[np.int64] = order[rank]
    return classes


def _pack_rgb(pixels: Bytes) -> NDArray[np.int64]:
    wide = pixels.astype(np.int64)
    codes: NDArray[np.int64] = wide[..., 0] << 16 | wide[..., 1] << 8 | wide[..., 2]
    return codes

"""Image files of any kind to uint8 arrays of one size. Letters: H and W pixels, C channels (3: RGB, 1: grey)."""

from __future__ import annotations

import struct
import zlib
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

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

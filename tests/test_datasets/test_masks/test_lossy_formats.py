"""Lossy formats are told by the file, whatever its name is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from datasets.masks.lossy_formats import find_lossy_format, require_lossless
from datasets.sources.listing import open_image
from tests.test_datasets.own_data import pixels
from user_error import UserError

RGB, RGBA = Image.fromarray(pixels(1)), Image.fromarray(pixels(1, bands=4))
TWO_FRAMES = {"save_all": True, "append_images": [Image.fromarray(pixels(2))]}


@pytest.mark.parametrize(
    ("name", "image", "how", "lossy"),
    [
        ("x.jpg", RGB, {}, "JPEG"),
        ("jpeg.png", RGB, {"format": "JPEG"}, "JPEG"),
        ("png.jpg", RGB, {"format": "PNG"}, ""),
        ("x.webp", RGB, {}, "this kind of WebP"),
        ("alpha.webp", RGBA, {}, "this kind of WebP"),
        ("frames.webp", RGB, TWO_FRAMES, "this kind of WebP"),
        ("lossless.webp", RGB, {"lossless": True}, ""),
        ("lossless_alpha.webp", RGBA, {"lossless": True}, ""),
        ("lossless_frames.webp", RGB, {**TWO_FRAMES, "lossless": True}, ""),
        ("x.jp2", RGB, {"irreversible": True}, "this kind of JPEG 2000"),
        ("reversible.jp2", RGB, {}, ""),
        ("x.avif", RGB, {}, "AVIF"),
        ("x.tif", RGB, {"compression": "jpeg"}, "JPEG inside TIFF"),
        ("lzw.tif", RGB, {"compression": "tiff_lzw"}, ""),
        ("plain.tif", RGB, {}, ""),
        ("x.gif", RGB.convert("P"), {}, ""),
    ],
)
def test_a_lossy_format_is_named(
    name: str, image: Image.Image, how: dict[str, Any], lossy: str, tmp_path: Path
) -> None:
    image.save(tmp_path / name, **how)
    stored = open_image(tmp_path / name)
    assert find_lossy_format(stored, tmp_path / name) == lossy
    assert lossy or np.array_equal(np.asarray(stored.convert("RGB"))[:, :, 0] >= 0, np.ones((10, 12), bool))
    if lossy:
        with pytest.raises(
            UserError, match=f"^{lossy} is lossy and changes the values; masks must be lossless"
        ):
            require_lossless(stored, tmp_path / name)

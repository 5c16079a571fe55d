"""Rows of images as data URLs, decoded again."""

import base64
from io import BytesIO

import numpy as np
from matplotlib import colormaps
from PIL import Image

from analysis.report.images import (
    IGNORE_INDEX,
    IGNORED,
    MISSED,
    WRONG,
    encode_gates,
    encode_masks,
    encode_photographs,
)


def decode(url: str) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return the pixels of a data URL, (H, W, 3)."""
    return np.array(Image.open(BytesIO(base64.b64decode(url.partition("base64,")[2]))).convert("RGB"))


def test_photographs_are_side_by_side() -> None:
    images = np.stack([np.full((3, 16, 16), value, np.uint8) for value in (40, 200)])
    pixels = decode(encode_photographs(images)).astype(int)
    assert pixels.shape == (16, 32, 3)
    assert np.abs(pixels[:, :14] - 40).max() <= 4
    assert np.abs(pixels[:, 18:] - 200).max() <= 4


def test_mask_pixels_are_grey_where_right_and_colored_where_wrong() -> None:
    prediction = np.array([[[0, 1, 1, 0, 1]]], np.uint8)
    truth = np.array([[[0, 1, 0, 1, IGNORE_INDEX]]], np.uint8)
    pixels = decode(encode_masks(prediction, truth, classes=2))[0]
    assert pixels.tolist() == [[24] * 3, [240] * 3, list(WRONG), list(MISSED), list(IGNORED)]


def test_gates_run_from_low_to_high_in_one_color_map() -> None:
    gates = np.array([[[0.0, 1.0]], [[0.5, 2.0]]])
    pixels = decode(encode_gates(gates, 0.0, 1.0))
    assert pixels.shape == (12, 48, 3)
    colors = [(np.array(colormaps["cividis"](x)[:3]) * 255).round().tolist() for x in (0.0, 1.0, 0.5, 1.0)]
    assert pixels[0, 6::12].tolist() == colors

"""Mask files to values, held against what was written into them."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from datasets.masks.decoding import mask_to_classes
from user_error import UserError


@pytest.mark.parametrize("mode", ["L", "P", "I;16"])
def test_the_values_of_a_mask_are_its_classes(mode: str) -> None:
    values = np.array([[0, 1], [7, 255]], np.uint16 if mode == "I;16" else np.uint8)
    mask = Image.fromarray(values)
    if mode == "P":
        mask = Image.frombytes("P", mask.size, mask.tobytes())
        mask.putpalette([9, 9, 9] * 256)
    assert mask.mode == mode
    assert mask_to_classes(mask, None).tolist() == [[0, 1], [7, 255]]


def rgb(*colors: tuple[int, int, int]) -> NDArray[np.uint8]:
    return np.array([colors], np.uint8)


def test_grey_pixels_stored_as_rgb_are_classes_too() -> None:
    assert mask_to_classes(Image.fromarray(rgb((0, 0, 0), (3, 3, 3))), None).tolist() == [[0, 3]]


def test_a_palette_gives_each_color_the_class_of_its_row() -> None:
    palette = rgb((255, 0, 0), (0, 0, 255), (0, 0, 0))[0]
    mask = Image.fromarray(rgb((0, 0, 0), (255, 0, 0), (0, 0, 255), (0, 0, 0)))
    assert mask_to_classes(mask, palette).tolist() == [[2, 0, 1, 2]]


def test_colors_without_a_row_in_the_palette_are_an_error() -> None:
    mask = Image.fromarray(rgb((0, 0, 0), (1, 2, 3), (1, 2, 3)))
    with pytest.raises(UserError, match=r"the color #010203 \(2 pixels\) is not in the palette"):
        mask_to_classes(mask, rgb((0, 0, 0))[0])
    with pytest.raises(UserError, match="the mask is in colors; give the classes' colors"):
        mask_to_classes(mask, None)
    with pytest.raises(UserError, match="a mask of mode CMYK; masks must have mode"):
        mask_to_classes(mask.convert("CMYK"), None)

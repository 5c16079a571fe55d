"""Image files of any kind to arrays, held against Pillow's own operations and hand-written formulas."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.sources.image_decoding import (
    Bytes,
    ImageFormat,
    apply_exif_orientation,
    convert_mode,
    image_to_array,
    resize_mask,
)
from tests.test_datasets.broken_data import Case, assert_answer, name_of, save_image, save_rotated
from tests.test_datasets.own_data import picture, pixels


def save_16_bit(root: Path) -> None:
    Image.fromarray(pixels(5, bands=1)[..., 0].astype(np.uint16) << 8).save(root / "train/cat/deep.png")


def save_float(root: Path) -> None:
    Image.fromarray(pixels(5, bands=1)[..., 0].astype(np.float32) / 255).save(root / "train/cat/float.tiff")


def save_odd_names(root: Path) -> None:
    picture(root / "train/cat/ein Bild, größer & «schöner» 猫.png", 50)
    picture(Path(os.fsdecode(os.fsencode(root) + b"/train/cat/\xff\xfe.png")), 51)
    picture(root / "train/cat/two\nlines.png", 52)


READABLE = [
    Case("CMYK", save_image("train/cat/c.jpg", "CMYK"), ""),
    Case("grey", save_image("train/cat/l.png", "L"), ""),
    Case("black and white", save_image("train/cat/1.png", "1"), ""),
    Case("palette", save_image("train/cat/p.gif", "P"), ""),
    Case("transparent", save_image("train/cat/a.png", "RGBA"), ""),
    Case("grey and transparent", save_image("train/cat/la.png", "LA"), ""),
    Case("YCbCr", save_image("train/cat/y.jpg", "YCbCr"), ""),
    Case("16 bits", save_16_bit, ""),
    Case("floating point", save_float, ""),
    Case("rotated by EXIF", save_rotated("train/cat/rotated.jpg"), "", {"size": "10x12"}),
    Case("a name in capitals", save_image("train/cat/X.JPEG", "RGB"), ""),
    Case("names with spaces, Unicode, no UTF-8 and a line break", save_odd_names, ""),
]


@pytest.mark.parametrize("case", READABLE, ids=name_of)
def test_every_mode_and_name_of_an_image_file_is_read(case: Case, tmp_path: Path) -> None:
    assert_answer(case, "image_folder", tmp_path)


def grey_levels(image: Image.Image) -> list[int]:
    levels: list[int] = np.asarray(convert_mode(image, 1)).flatten().tolist()
    return levels


def test_sixteen_bits_keep_the_upper_eight() -> None:
    assert grey_levels(Image.fromarray(np.array([[0, 255, 256, 65535]], np.uint16))) == [0, 0, 1, 255]


@pytest.mark.parametrize(
    ("values", "levels"),
    [
        ([0.0, 0.5, 1.0, float("nan")], [0, 128, 255, 0]),
        ([0.0, 100.4, 300.0, -5.0], [0, 100, 255, 0]),
        ([0.0, float("inf"), float("-inf"), 2.0], [0, 255, 0, 2]),
    ],
)
def test_floats_are_scaled_from_one_or_from_255(values: list[float], levels: list[int]) -> None:
    assert grey_levels(Image.fromarray(np.array([values], np.float32))) == levels


def test_transparent_pixels_are_laid_on_white() -> None:
    image = Image.fromarray(np.array([[[100, 0, 0, 0], [100, 0, 0, 255], [0, 0, 0, 51]]], np.uint8))
    assert np.asarray(convert_mode(image)).tolist() == [[[255, 255, 255], [100, 0, 0], [204, 204, 204]]]


def test_an_image_becomes_channels_first_with_its_pixels_unchanged() -> None:
    array = image_to_array(Image.fromarray(pixels(1)), ImageFormat(10, 12, "stretch", 3))
    assert array.shape == (3, 10, 12)
    assert array.flags.c_contiguous
    assert np.array_equal(array.transpose(1, 2, 0), pixels(1))
    grey = image_to_array(Image.fromarray(pixels(1)), ImageFormat(10, 12, "stretch", 1))
    assert np.array_equal(grey[0], np.asarray(Image.fromarray(pixels(1)).convert("L")))


def test_an_exif_orientation_of_six_rotates_the_image_clockwise(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels(9)).save(tmp_path / "x.png", exif=exif)
    with Image.open(tmp_path / "x.png") as image:
        assert np.array_equal(np.asarray(apply_exif_orientation(image)), np.rot90(pixels(9), -1))


def blocks(height: int, width: int) -> Bytes:
    """A mask (height, width) whose left quarter is 1, right quarter 2, the rest 0."""
    mask = np.zeros((height, width), np.uint8)
    mask[:, : width // 4], mask[:, -(width // 4) :] = 1, 2
    return mask


def test_stretching_shows_the_whole_image_and_cropping_its_center() -> None:
    stretched = resize_mask(blocks(8, 16), ImageFormat(4, 4, "stretch", 3))
    assert stretched.tolist() == [[1, 0, 0, 2]] * 4
    cropped = resize_mask(blocks(8, 16), ImageFormat(4, 4, "crop", 3))
    assert cropped.tolist() == [[0, 0, 0, 0]] * 4


@pytest.mark.parametrize("fit", ["stretch", "crop"])
def test_a_mask_shows_the_same_region_as_its_image(fit: str) -> None:
    target = ImageFormat(16, 16, fit, 1)
    values = blocks(64, 128)
    image = image_to_array(Image.fromarray(values * 100), target)[0]
    assert (np.abs(image.astype(int) - resize_mask(values, target) * 100.0) < 50).mean() > 0.85

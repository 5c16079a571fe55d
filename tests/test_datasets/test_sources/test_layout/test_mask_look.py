"""Masks and photographs by their pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from datasets.sources.layout.mask_look import look_like_masks


def save(path: Path, pixels: NDArray[np.generic]) -> Path:
    Image.fromarray(pixels).save(path)
    return path


def gray(values: int, shape: tuple[int, ...] = (8, 9)) -> NDArray[np.uint8]:
    """Return pixels that hold exactly so many values."""
    return (np.arange(np.prod(shape)) % values).astype(np.uint8).reshape(shape)


def color(count: int) -> NDArray[np.uint8]:
    return np.stack([gray(count), gray(count), np.zeros((8, 9), np.uint8)], 2)


@pytest.mark.parametrize(
    ("mask", "photo", "expected"),
    [
        (gray(2), color(70), True),
        (color(3), color(70), True),
        (gray(2).astype(np.uint16), color(70), True),
        (gray(2) == 1, gray(4), True),
        (gray(32), gray(70), True),
        (gray(40), gray(72), False),
        (gray(3), gray(5), False),
        (gray(2), gray(70, (9, 8)), False),
        (color(70), gray(2), False),
    ],
)
def test_a_mask_has_few_values_and_its_photograph_twice_as_many(
    mask: NDArray[np.generic], photo: NDArray[np.generic], expected: bool, tmp_path: Path
) -> None:
    paths = [save(tmp_path / "m.png", mask)], [save(tmp_path / "p.png", photo)]
    assert look_like_masks(*paths) is expected


def test_a_mask_that_was_saved_as_jpeg_is_still_known(tmp_path: Path) -> None:
    rows, columns = np.mgrid[:64, :64]
    disk = (((rows - 30) ** 2 + (columns - 30) ** 2 < 300) * 255).astype(np.uint8)
    photo = np.random.default_rng(0).integers(256, size=(64, 64, 3), dtype=np.uint8)
    paths = [tmp_path / "m.jpg", tmp_path / "p.jpg"]
    for path, pixels in zip(paths, (disk, photo), strict=True):
        Image.fromarray(pixels).save(path)
    assert len(np.unique(np.asarray(Image.open(paths[0])))) > 2
    assert look_like_masks(paths[:1], paths[1:])
    assert not look_like_masks(paths[1:], paths[:1])


def test_what_cannot_be_read_is_no_mask(tmp_path: Path) -> None:
    (tmp_path / "m.png").write_bytes(b"x")
    assert not look_like_masks([tmp_path / "m.png"], [save(tmp_path / "p.png", color(9))])
    assert not look_like_masks([], [])

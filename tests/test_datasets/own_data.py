"""Small folders of images and masks, for tests to use and to break."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

CLASSES = ("cat", "dog")


def pixels(seed: int, *, size: tuple[int, int] = (12, 10), bands: int = 3) -> NDArray[np.uint8]:
    """Return a coarse random image (h,w,bands) that differs from every other seed's."""
    width, height = size
    coarse = np.random.default_rng(seed).integers(256, size=(4, 4, bands), dtype=np.uint8)
    rows, columns = np.arange(height) * 4 // height, np.arange(width) * 4 // width
    return coarse[rows[:, None], columns[None]]


def picture(path: Path, seed: int = 0, *, size: tuple[int, int] = (12, 10)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels(seed, size=size)).save(path)
    return path


def image_folder(root: Path) -> Path:
    """Make a folder of two classes: train has 8 images per class, val 6."""
    for number, (split, count) in enumerate((("train", 8), ("val", 6))):
        for label, name in enumerate(CLASSES):
            for one in range(count):
                picture(root / split / name / f"{one}.png", 1000 * number + 100 * label + one)
    return root


def mask(path: Path, values: NDArray[np.uint8] | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = np.zeros((10, 12), np.uint8)
    plain[:, 6:] = 1
    Image.fromarray(plain if values is None else values).save(path)
    return path


def mask_folder(root: Path) -> Path:
    """Make a folder of images with masks: train has 8, val 6; classes 0 and 1 cover one half each."""
    for number, (split, count) in enumerate((("train", 8), ("val", 6))):
        for one in range(count):
            picture(root / split / "images" / f"{one}.png", 1000 * number + one)
            mask(root / split / "masks" / f"{one}.png")
    return root

"""What formats lose is told with the number of files, in a warning or a fact of the data check."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from datasets import catalog
from datasets.preparation.report import Report
from tests.test_datasets.own_data import image_folder, mask_folder, pixels
from tests.test_datasets.test_preparation.tiff_bands import write_tiff

Save = Callable[[Path], object]
PIXELS = pixels(3)


def save(values: NDArray[np.generic], **how: Any) -> Save:
    return lambda path: Image.fromarray(values).save(path, **how)


def with_alpha(alpha: int) -> NDArray[np.uint8]:
    """Return pixels whose left half is opaque, the right half as opaque as `alpha`."""
    band = np.full((10, 12, 1), 255, np.uint8)
    band[:, 6:] = alpha
    return np.concatenate([pixels(3), band], axis=2)


def animate(path: Path) -> None:
    frames = [Image.fromarray(pixels(seed)).convert("P") for seed in range(4)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def turn(path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 3
    Image.fromarray(pixels(3)).save(path, exif=exif)


def ramp(low: float, high: float, kind: type[np.generic]) -> NDArray[np.generic]:
    return np.linspace(low, high, 120).reshape(10, 12).astype(kind)


def hole(values: NDArray[np.generic]) -> NDArray[np.generic]:
    values[0, 0] = np.nan
    return values


def convert(mode: str, values: NDArray[np.uint8] = PIXELS, **how: Any) -> Save:
    return lambda path: Image.fromarray(values).convert(mode).save(path, **how)


def bands(values: NDArray[np.generic]) -> Save:
    return lambda path: write_tiff(path, values)


DEEP = "have 16 bits, of which the upper 8 are read: their values 0 to 4095 become 0 to 15"
FLOATS = "hold floating-point numbers from"
RGB16 = np.full((10, 12, 3), 700, np.uint16)
LOSSES: dict[str, tuple[Save, str]] = {
    "a.png": (save(with_alpha(0)), "have transparent pixels (up to 50.0% of one), which become white"),
    "la.png": (convert("LA", with_alpha(9)), "have transparent pixels (up to 50.0%"),
    "p.gif": (convert("P", transparency=0), "have transparent pixels"),
    "a.tif": (save(with_alpha(7)), "are TIFF files with a band of transparency (up to 50.0% of one)"),
    "four.tif": (bands(with_alpha(7)), "have up to 4 bands, of which the first three are read"),
    "five.tif": (bands(np.zeros((10, 12, 5), np.uint8)), "have up to 5 bands, of which the first"),
    "deep.png": (save(ramp(0, 4095, np.uint16)), DEEP),
    "rgb.tif": (bands(RGB16), "have 16 bits in each band, of which the upper 8 are read"),
    "i.tif": (save(ramp(-5, 70000, np.int32)), "have values from -5 to 70000: below 0 becomes black"),
    "f.tif": (save(ramp(0, 0.5, np.float32)), FLOATS + " 0 to 0.5, read as 0 (black) to 1 (white)"),
    "g.tif": (save(ramp(-9, 300, np.float32)), FLOATS + " -9 to 300, read as 0 (black) to 255 (white)"),
    "n.tif": (
        save(hole(ramp(0, 300, np.float32))),
        "hold NaN or infinity: NaN becomes black, infinity white",
    ),
    "m.gif": (animate, "have up to 4 frames or pages, of which the first is read"),
    "c.jpg": (convert("CMYK"), "are not RGB (CMYK, for example)"),
}
KEPT: dict[str, Save] = {
    "opaque.png": save(with_alpha(255)),
    "grey.png": save(pixels(3, bands=1)[..., 0]),
    "bits.png": convert("1"),
    "index.png": convert("P"),
    "three.tif": bands(pixels(3)),
    "still.gif": convert("P"),
    "photo.jpg": save(pixels(3)),
    "still.webp": save(pixels(3)),
}


def check(root: Path, cache: Path, kind: str = "image_folder") -> Report:
    task = catalog.find(kind).tasks[0]
    return catalog.prepare(kind, task, {"root": str(root)}, cache=cache).report


def of_formats(lines: tuple[str, ...]) -> list[str]:
    return [line for line in lines if " images " in line and " of " in line and line[0].isdigit()]


@pytest.mark.parametrize("name", LOSSES)
def test_what_a_format_loses_is_a_warning_with_the_number_of_files(name: str, tmp_path: Path) -> None:
    write, said = LOSSES[name]
    root = image_folder(tmp_path / "d")
    write(root / "train/cat" / name)
    write(root / "train/dog" / name)
    (warning,) = [line for line in of_formats(check(root, tmp_path / "cache").warnings) if said in line]
    assert warning.startswith(f"2 of 30 images {said}")
    assert warning.endswith(f"(train/cat/{name}, train/dog/{name})")


def test_formats_that_lose_nothing_are_not_told(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "d")
    for name, write in KEPT.items():
        write(root / "train/cat" / name)
    report = check(root, tmp_path / "cache")
    assert of_formats(report.warnings) == []
    assert of_formats(report.facts) == []
    assert report.problems == ()


def test_rotation_and_color_profiles_are_facts(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "d")
    turn(root / "train/cat/turned.jpg")
    save(pixels(3), icc_profile=b"made up")(root / "train/cat/profile.png")
    assert of_formats(check(root, tmp_path / "cache").facts) == [
        "1 of 30 images are turned by their EXIF orientation, as a viewer shows them (train/cat/turned.jpg)",
        "1 of 30 images have a color profile, which is not applied (train/cat/profile.png)",
    ]


def test_an_image_that_is_turned_alone_is_a_warning_in_segmentation(tmp_path: Path) -> None:
    root = mask_folder(tmp_path / "d")
    turn(root / "train/images/0.png")
    assert of_formats(check(root, tmp_path / "cache", "mask_folder").warnings) == [
        "1 of 14 images are turned by their EXIF orientation, and their masks are not: look whether they fit"
        " (train/images/0.png)"
    ]

"""What formats change, found in the files and held against what was written into them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.preparation.format_changes import Changes, find_image_changes, inspect_mask_file
from datasets.sources.listing import open_image
from tests.test_datasets.own_data import pixels


def changes_of(path: Path) -> Changes:
    return find_image_changes(open_image(path))


def test_transparency_is_measured_as_the_share_of_pixels_that_are_not_opaque(tmp_path: Path) -> None:
    values = pixels(1, bands=4)
    values[..., 3] = 255
    values[:3, :4, 3] = [0, 1, 128, 254]
    Image.fromarray(values).save(tmp_path / "x.png")
    assert changes_of(tmp_path / "x.png") == {"transparent": (12 / 120, 12 / 120)}


@pytest.mark.parametrize(
    ("values", "found"),
    [
        (np.array([[3, 4095]], np.uint16), {"sixteen bits": (3, 4095)}),
        (np.array([[-3, 9]], np.int32), {"clipped": (-3, 9)}),
        (np.array([[0.25, 0.5]], np.float32), {"unit floats": (0.25, 0.5)}),
        (np.array([[0.25, 1.5]], np.float32), {"floats": (0.25, 1.5)}),
        (np.array([[np.nan, 1.5]], np.float32), {"not finite": (1, 1), "floats": (1.5, 1.5)}),
        (np.array([[np.nan, np.inf]], np.float32), {"not finite": (1, 1)}),
    ],
)
def test_wide_values_are_told_with_their_range(
    values: np.ndarray[tuple[int, ...], np.dtype[np.generic]], found: Changes, tmp_path: Path
) -> None:
    Image.fromarray(values).save(tmp_path / "x.tif")
    assert changes_of(tmp_path / "x.tif") == found


def test_an_image_without_a_file_has_what_its_mode_tells() -> None:
    assert find_image_changes(Image.fromarray(pixels(1))) == {}
    assert find_image_changes(Image.new("CMYK", (2, 2))) == {"converted": (1, 1)}


MASKS: dict[str, tuple[Callable[[], Image.Image], Changes, dict[int, str]]] = {
    "grey": (lambda: Image.fromarray(np.array([[0, 85]], np.uint8)), {}, {}),
    "bits": (
        lambda: Image.fromarray(np.array([[0, 255]], np.uint8)).convert("1"),
        {},
        {0: "#000000", 1: "#ffffff"},
    ),
    "indices": (lambda: indexed(2), {}, {0: "#0a0b0c", 2: "#141516"}),
    "opaque": (lambda: Image.fromarray(np.full((1, 2, 4), 255, np.uint8)), {}, {}),
    "alpha": (lambda: rgba([9, 8], [0, 255]), {"alpha": (1, 1)}, {}),
    "drawn": (lambda: rgba([9, 9], [0, 255]), {"drawn in alpha": (1, 1)}, {}),
    "faint": (lambda: rgba([9, 8], [7, 7]), {}, {}),
}


def indexed(index: int) -> Image.Image:
    image = Image.frombytes("P", (2, 1), bytes([0, index]))
    image.putpalette([10, 11, 12, 13, 14, 15, 20, 21, 22])
    return image


def rgba(levels: list[int], alpha: list[int]) -> Image.Image:
    return Image.fromarray(
        np.array([[[level] * 3 + [band] for level, band in zip(levels, alpha, strict=True)]], np.uint8)
    )


@pytest.mark.parametrize("name", MASKS)
def test_masks_are_told_by_their_transparency_and_the_colors_of_their_values(
    name: str, tmp_path: Path
) -> None:
    make, changes, colors = MASKS[name]
    make().save(tmp_path / "m.png")
    assert inspect_mask_file(tmp_path / "m.png") == (changes, colors)


def test_a_mask_without_a_file_of_its_own_changes_nothing() -> None:
    assert inspect_mask_file(None) == ({}, {})


@pytest.mark.parametrize("name", ["x.gif", "x.tif"])
def test_damage_behind_the_first_frame_does_not_matter(name: str, tmp_path: Path) -> None:
    frames = [Image.fromarray(pixels(seed, size=(64, 48), bands=1)[..., 0]) for seed in range(4)]
    frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:])
    assert changes_of(tmp_path / name) == {"frames": (4, 4)}
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: len(content) // 2])
    assert changes_of(tmp_path / name) == {}

"""The signs of masks that were ruined before they came, held against masks that were ruined by the test."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from datasets.preparation.unknown_values import are_smeared, are_smeared_colors


@pytest.mark.parametrize(
    ("values", "smeared"),
    [
        ([0, 1, 2, 253, 254, 255], True),
        ([0, 1, 2, 3, 126, 127, 128, 129, 254, 255], True),
        ([0, 1, 254, 255], True),
        ([0, 255], False),
        ([0, 85, 170, 255], False),
        ([0, 1, 2, 255], False),
        ([0, 1, 2, 5, 7, 9, 15, 255], False),
        ([0, 17, 34, 51, 68], False),
        (list(range(0, 21, 2)), False),
    ],
)
def test_values_are_smeared_where_they_crowd_around_distant_levels(
    values: Sequence[int], smeared: bool
) -> None:
    assert are_smeared(values) is smeared


@pytest.mark.parametrize("quality", [75, 90, 95])
@pytest.mark.parametrize("levels", [(0, 255), (0, 128, 255)], ids=len)
def test_a_mask_that_went_through_jpeg_is_smeared(quality: int, levels: Sequence[int]) -> None:
    rows, columns = np.mgrid[:48, :64]
    classes = ((rows - 20) ** 2 + (columns - 30) ** 2 < 150).astype(int) * (len(levels) - 1)
    grey = np.array(levels, np.uint8)[classes]
    file = BytesIO()
    Image.fromarray(grey).save(file, "JPEG", quality=quality)
    found, counts = np.unique(np.asarray(Image.open(file)), return_counts=True)
    assert len(found) > len(levels)
    assert are_smeared(found.tolist()) or len(found) > 32
    colors = {f"#{value:02x}0000": int(count) for value, count in zip(found, counts, strict=True)}
    assert are_smeared_colors(colors)


VOC = [
    (0, 0, 0),
    (128, 0, 0),
    (0, 128, 0),
    (128, 128, 0),
    (0, 0, 128),
    (128, 0, 128),
    (64, 0, 0),
    (224, 224, 192),
]
CITYSCAPES = [(128, 64, 128), (244, 35, 232), (70, 70, 70), (102, 102, 156), (190, 153, 153), (153, 153, 153)]


@pytest.mark.parametrize("palette", [VOC, CITYSCAPES])
def test_the_colors_of_published_sets_are_not_smeared(palette: Sequence[tuple[int, int, int]]) -> None:
    assert not are_smeared_colors({"#{:02x}{:02x}{:02x}".format(*color): 10 for color in palette})

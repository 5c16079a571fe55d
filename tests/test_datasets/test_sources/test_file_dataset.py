"""The options that all data sets on disk share."""

from __future__ import annotations

import pytest

from datasets import catalog
from datasets.sources.file_dataset import parse_size
from user_error import UserError


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (64, "64x64"),
        ("64", "64x64"),
        (" 180 x 240 ", "180x240"),
        ("180X240", "180x240"),
        ("", ""),
        (1, "1x1"),
        (4096, "4096x4096"),
    ],
)
def test_every_spelling_of_a_size_becomes_height_x_width(value: int | str, size: str) -> None:
    assert parse_size(value) == size


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("0", "sides must be from 1 to 4096 pixels"),
        (4097, "sides must be from 1 to 4096 pixels"),
        ("10x", "write a number of pixels, or HEIGHTxWIDTH"),
        ("ten", "write a number of pixels, or HEIGHTxWIDTH"),
        (True, "write a number of pixels, or HEIGHTxWIDTH"),
        (32.0, "write a number of pixels, or HEIGHTxWIDTH"),
    ],
)
def test_a_wrong_size_is_an_error_that_says_what_to_write(value: int | str | float, message: str) -> None:
    with pytest.raises(UserError, match=f"data set image_folder: size is {value!r}: {message}"):
        catalog.resolve("image_folder", {"size": value})

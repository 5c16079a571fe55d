"""What options say of mask values, and the classes that follow."""

from __future__ import annotations

import pytest

from datasets.masks.values import parse_palette, to_palette
from user_error import UserError


@pytest.mark.parametrize("text", ["#000000 #FF0000", "000000,ff0000", " #000000 ,  ff0000 "])
def test_every_spelling_of_a_palette_is_made_canonical(text: str) -> None:
    assert parse_palette(text) == "#000000 #ff0000"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("#00000", "'#00000' is not a color"),
        ("red", "'red' is not a color"),
        ("#000000 #000000", "same color"),
    ],
)
def test_a_wrong_palette_is_an_error(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        parse_palette(text)


def test_a_palette_becomes_an_array_of_rgb() -> None:
    array = to_palette(("#000000", "#ff8001"))
    assert array is not None
    assert array.tolist() == [[0, 0, 0], [255, 128, 1]]
    assert to_palette(()) is None

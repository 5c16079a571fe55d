"""What options say of mask values, and the classes that follow."""

from __future__ import annotations

import numpy as np
import pytest

from datasets.masks.values import (
    OPTIONS,
    MaskMeaning,
    assign_classes,
    parse_palette,
    read_meaning,
    to_palette,
)
from datasets.options import Scalar, fill_options
from user_error import UserError

GREYS = "#000000 #808080 #ffffff"


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


@pytest.mark.parametrize("value", [0, 0.0, True, 16777215])
def test_a_palette_that_is_not_text_is_an_error(value: Scalar) -> None:
    with pytest.raises(UserError, match=r"palette is .*: must be text; put it in quotes"):
        fill_options("here", OPTIONS, {"palette": value})


@pytest.mark.parametrize(("value", "ignore"), [(-1, -1), (0, 0), (255, 255), ("#FFFFFF", "#ffffff")])
def test_what_is_ignored_is_a_value_or_a_color(value: Scalar, ignore: int | str) -> None:
    assert fill_options("here", OPTIONS, {"ignore": value})["ignore"] == ignore


@pytest.mark.parametrize("value", [-2, 256, 1.0, True, "255", "white", "#fff"])
def test_anything_else_cannot_be_ignored(value: Scalar) -> None:
    with pytest.raises(
        UserError, match=r"ignore is .*: must be a whole number from -1 to 255 or, beside a palette"
    ):
        fill_options("here", OPTIONS, {"ignore": value})


@pytest.mark.parametrize(
    ("names", "given", "meaning"),
    [
        ("", {}, MaskMeaning(())),
        ("ab", {"ignore": 255, "first_value": 1}, MaskMeaning(("a", "b"), 1, 255)),
        (
            "",
            {"palette": "#000000 #ff0000"},
            MaskMeaning(("#000000", "#ff0000"), palette=("#000000", "#ff0000")),
        ),
        ("ab", {"palette": "#000000 #ff0000"}, MaskMeaning(("a", "b"), palette=("#000000", "#ff0000"))),
        (
            "ab",
            {"palette": "#000000 #ff0000", "ignore": "#00ff00"},
            MaskMeaning(("a", "b"), 0, 2, ("#000000", "#ff0000", "#00ff00")),
        ),
        (
            "abc",
            {"palette": "#000000 #00ff00 #ff0000", "ignore": "#00ff00"},
            MaskMeaning(("a", "c"), 0, 2, ("#000000", "#ff0000", "#00ff00")),
        ),
        (
            "ab",
            {"palette": "#000000 #00ff00 #ff0000", "ignore": 1},
            MaskMeaning(("a", "b"), 0, 2, ("#000000", "#ff0000", "#00ff00")),
        ),
    ],
)
def test_names_and_options_give_the_meaning_of_values(
    names: str, given: dict[str, Scalar], meaning: MaskMeaning
) -> None:
    assert read_meaning(tuple(names), fill_options("here", OPTIONS, given)) == (meaning, [])


@pytest.mark.parametrize(
    ("names", "given", "problem"),
    [
        ("abc", {"palette": "#000000 #ff0000"}, "palette: 2 colors for 3 classes"),
        (
            "",
            {"ignore": "#ff0000"},
            "ignore: '#ff0000' is a color, which needs a palette; without one, give the value",
        ),
        (
            "",
            {"palette": "#000000 #ff0000", "first_value": 1},
            "first_value has no effect with a palette; leave it out",
        ),
        *(
            ("", {"palette": palette, "ignore": ignore}, problem)
            for palette, ignore, problem in (
                (GREYS, 128, "ignore: 128 is no place in the palette (0 to 2); write ignore: '#808080'"),
                (GREYS, 255, "ignore: 255 is no place in the palette (0 to 2); write ignore: '#ffffff'"),
                *(
                    (
                        GREYS,
                        number,
                        f"ignore: {number} is no place in the palette (0 to 2); write ignore: '{color}'"
                        " if that is the color of the pixels without a class, else theirs",
                    )
                    for number, color in ((3, "#030303"), (7, "#070707"), (254, "#fefefe"))
                ),
                (
                    "#ffffff #000000",
                    0,
                    "ignore: 0 is the place of #ffffff in the palette, which also has the"
                    " grey level 0; write ignore: '#ffffff' or ignore: '#000000'",
                ),
            )
        ),
    ],
)
def test_options_that_contradict_each_other_are_a_problem(
    names: str, given: dict[str, Scalar], problem: str
) -> None:
    assert read_meaning(tuple(names), fill_options("here", OPTIONS, given))[1] == [problem]


@pytest.mark.parametrize(
    ("meaning", "found", "classes", "ignore_index", "table"),
    [
        (MaskMeaning(()), [0, 1, 2], ["class 0", "class 1", "class 2"], None, None),
        (MaskMeaning((), 0, 255), [0, 1, 255], ["class 0", "class 1"], 255, None),
        (MaskMeaning((), 0, 2), [0, 1, 2], ["class 0", "class 1"], 2, None),
        (MaskMeaning(("a", "b")), [0], ["a", "b"], None, None),
        (MaskMeaning((), 0, 1), [0, 1, 2], ["class 0", "class 2"], 255, {0: 0, 2: 1}),
        (MaskMeaning((), 0, 0), [0, 1, 2], ["class 1", "class 2"], 255, {1: 0, 2: 1}),
        (MaskMeaning((), 1), [0, 1, 2], ["class 1", "class 2"], 255, {1: 0, 2: 1}),
        (MaskMeaning((), 1, 255), [0, 1, 2, 255], ["class 1", "class 2"], 255, {1: 0, 2: 1}),
        (MaskMeaning(("a", "b", "c"), 0, 1), [0, 1, 2], ["a", "c"], 255, {0: 0, 2: 1}),
        (MaskMeaning(("a", "b", "c"), 1, 2), [1, 2, 3], ["a", "c"], 255, {1: 0, 3: 1}),
    ],
)
def test_the_classes_are_the_values_that_are_not_ignored(
    meaning: MaskMeaning,
    found: list[int],
    classes: list[str],
    ignore_index: int | None,
    table: dict[int, int] | None,
) -> None:
    assigned = assign_classes(meaning, np.array(found))
    assert (list(assigned.classes), assigned.ignore_index) == (classes, ignore_index)
    expected = None if table is None else [table.get(value, 255) for value in range(256)]
    assert (None if assigned.table is None else assigned.table.tolist()) == expected


@pytest.mark.parametrize(
    ("meaning", "words"),
    [
        (MaskMeaning(()), "none"),
        (MaskMeaning((), 0, 0), "0"),
        (MaskMeaning((), 1), "0"),
        (MaskMeaning((), 1, 0), "0"),
        (MaskMeaning((), 2, 1), "0 and 1"),
        (MaskMeaning((), 2, 255), "0 and 1 and 255"),
        (MaskMeaning((), 5, 255), "0 to 4 and 255"),
        (MaskMeaning(("a", "b"), 0, 2, ("#000000", "#808080", "#ffffff")), "#ffffff"),
    ],
)
def test_each_ignored_value_is_named_once(meaning: MaskMeaning, words: str) -> None:
    assert meaning.ignored == words

"""Advice on mask values: whatever the values are, following it ends with classes that occur, or with no advice."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import numpy as np
import pytest

from datasets.masks.decoding import color_of
from datasets.masks.values import OPTIONS, MaskMeaning, read_meaning
from datasets.options import fill_options
from datasets.preparation.index import Index
from datasets.preparation.mask_classes import settle_classes
from datasets.preparation.value_check import colors_by_value
from datasets.sources.folder_layout import FolderReader
from datasets.sources.listing import Listing

Given = dict[str, str | int | float | bool]


def inspected(values: Sequence[int], meaning: MaskMeaning) -> tuple[Listing, Index]:
    """Return the listing and index of two masks of grey levels, the second without the last value."""
    colors = dict(zip(meaning.palette, range(256), strict=False))
    counts = np.zeros((2, 256), np.int64)
    unknown: dict[int, dict[str, int]] = {}
    for value, position in itertools.product(values, range(2)):
        if position and value == values[-1] and values[1:]:
            continue
        stored = colors.get(color_of(value)) if colors else value
        if stored is None:
            unknown.setdefault(position, {})[color_of(value)] = 10
        else:
            counts[position, stored] += 10
    listing = Listing(
        reader=FolderReader([]),
        names=["a.png", "b.png"],
        labels=np.empty(0, np.int64),
        splits={},
        classes=meaning.names,
        ignore_index=meaning.ignore,
        meaning=meaning,
    )
    hashes, sizes = np.zeros((2, 64), np.uint8), np.full((2, 2), 8)
    return listing, Index(hashes, sizes, np.zeros((2, 64), np.uint8), counts, {}, unknown=unknown)


def problems_of(values: Sequence[int], names: tuple[str, ...], given: Given) -> tuple[Listing, Index]:
    meaning, problems = read_meaning(names, fill_options("here", OPTIONS, given))
    listing, index = inspected(values, meaning)
    settled, counted = settle_classes(listing, index)
    assert problems == []
    return settled, counted


def advised(problem: str) -> Given:
    advice = re.split(r", or |, in the order| or, for", problem[problem.index("set ") :])[0]
    found = re.findall(r"(\w+): (?:'([^']*)'|(-?\d+))", advice)
    return {key: text or int(number) for key, text, number in found}


VALUES = [0, 1, 2, 3, 85, 170, 254, 255]
SETS = [each for count in range(1, 6) for each in itertools.combinations(VALUES, count)]
IGNORED: list[Given] = [{}, {"ignore": 0}, {"ignore": 2}, {"ignore": 255}, {"first_value": 1}]


@pytest.mark.parametrize("names", [(), ("a", "b"), ("a", "b", "c")], ids=len)
@pytest.mark.parametrize("start", IGNORED, ids=str)
def test_whoever_follows_the_advice_ends_with_two_classes_or_is_told_to_export_again(
    names: tuple[str, ...], start: Given
) -> None:
    endings = {"sound": 0, "no advice": 0}
    for values in SETS:
        given = dict(start)
        for _ in range(4):
            settled, index = problems_of(values, names, given)
            if not settled.problems:
                break
            (problem,) = settled.problems
            if "set " not in problem or "name all" in problem.split("set ")[0]:
                break
            more = advised(problem)
            assert more, problem
            if "leave out" in problem or "without first_value" in problem:
                given = {}
            given |= more
        else:
            raise AssertionError(f"{values} {names} {start}: {problem}")
        occurring = np.flatnonzero(index.values.sum(0)[: len(settled.classes)])
        is_sound = not settled.problems and len(settled.classes) > 1
        assert not is_sound or len(occurring) > 1, (values, given)
        endings["sound" if is_sound else "no advice"] += 1
    assert min(endings.values()) > 0, endings


def test_the_color_of_a_value_is_its_grey_level_or_the_one_of_the_files_palettes() -> None:
    _, index = inspected([0, 85, 255], MaskMeaning(()))
    assert colors_by_value(index) == {0: ["#000000"], 85: ["#555555"], 255: ["#ffffff"]}
    with_palette = index._replace(colors={0: {0: "#000000", 85: "#ff0000", 255: "#00ff00"}})
    assert colors_by_value(with_palette) == {
        0: ["#000000"],
        85: ["#ff0000", "#555555"],
        255: ["#00ff00"],
    }


@pytest.mark.parametrize(
    ("values", "names", "given", "said"),
    [
        ((0, 255), (), {}, "the 2 masks hold the values 0, 255, and what lies between never occurs; set palette: "
         "'#000000 #ffffff', in the order of the classes, or name all values from 0 to 255 with `classes`"),
        ((0, 1, 255), (), {}, "mask value 255 in 10 pixels (a.png): the classes are 0 to 1; set ignore: 255 if these"
         " pixels have no class, or palette: '#000000 #010101 #ffffff' if they have one"),
        ((1, 2, 3), (), {}, "the values of the 2 masks begin with 1 and 0 never occurs; set first_value: 1, or name all"
         " values from 0 on with `classes`"),
        ((0, 85, 170, 255), (), {"ignore": 255}, "the 2 masks hold the values 0, 85, 170, and what lies between never"
         " occurs; set palette: '#000000 #555555 #aaaaaa' and ignore: '#ffffff', in the order of the classes, or name"
         " all values from 0 to 170 with `classes`"),
        ((0, 1, 2, 3), ("a", "b", "c"), {}, "mask value 3 in 10 pixels (a.png): the classes are 0 to 2; set"
         " first_value: 1 if value 0 has none and the first name is that of value 1, or ignore: 3 if"
         " these pixels have no class"),
        ((0, 128, 255), ("a", "b"), {}, "mask values 128, 255 in 30 pixels (a.png, b.png): the classes are 0 to 1; name"
         " all 3 values in `classes` and set palette: '#000000 #808080 #ffffff', or correct the masks"),
        ((0,), ("a", "b"), {}, "only class a occurs in the masks; at least two classes must"),
        ((0, 255), ("a", "b"), {"ignore": 255}, "with ignore: 255 only class a is left: 33.3 % of the pixels are"
         " ignored; if they are a class, leave out ignore: 255 and set palette: '#000000 #ffffff'"),
        (tuple(range(0, 200, 3)), (), {}, "the 2 masks hold the values 0, 3, 6 and 64 more: photographs, or masks that"
         " were smoothed or saved in a lossy format; export them again, or name the classes with `classes`"),
    ],
)  # fmt: skip
def test_each_kind_of_values_has_its_line(
    values: Sequence[int], names: tuple[str, ...], given: Given, said: str
) -> None:
    assert problems_of(values, names, given)[0].problems == (said,)

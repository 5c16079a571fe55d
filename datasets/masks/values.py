"""What the values of masks mean: the options that say it, and the classes that follow from the values found."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from user_error import UserError

from ..options import Option, Scalar, parse_text

NO_IGNORE = -1
VOID = 255
"""The index of pixels without a class where the classes are not the stored values themselves."""
VALUES = 256
Ints = NDArray[np.int64]


def parse_palette(value: Scalar) -> str:
    """Return colors in the order of the classes in canonical form, '#000000 #ff0000'.

    Raises UserError for a word that is not a color and for a color that appears twice.
    """
    text = parse_text(value).lower()
    words = re.split(r"[,\s]+", text) if text else []
    for word in words:
        if not re.fullmatch(r"#?[0-9a-f]{6}", word):
            raise UserError(f"{word!r} is not a color; write the classes' colors as '#000000 #ff0000'")
    colors = [f"#{word.removeprefix('#')}" for word in words]
    if len(set(colors)) < len(colors):
        raise UserError("two classes have the same color")
    return " ".join(colors)


def parse_ignore(value: Scalar) -> int | str:
    """Return a value from -1 to 255, or a color such as '#ffffff'. Raises UserError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and NO_IGNORE <= value < VALUES:
        return value
    if isinstance(value, str) and re.fullmatch(r"#[0-9a-f]{6}", value.strip().lower()):
        return value.strip().lower()
    raise UserError("must be a whole number from -1 to 255 or, beside a palette, a color such as '#ffffff'")


OPTIONS: Mapping[str, Option] = {
    "palette": Option(
        default="", parse=parse_palette, help="the classes' colors in their order, '#000000 #ff0000'"
    ),
    "ignore": Option(
        default=NO_IGNORE,
        parse=parse_ignore,
        help="the mask value of pixels without a class, or, beside a palette, their color or its place; -1: none",
    ),
    "first_value": Option(
        default=0,
        low=0,
        high=VALUES - 2,
        help="the mask value of the first class; with 1, value 0 has no class (reduce_zero_label elsewhere)",
        is_absent_at_default=True,
    ),
}


class MaskMeaning(NamedTuple):
    """What the options say of mask values.

    names: of the values from `first` on, empty where nothing names them; ignore: the value without a class;
    palette: the colors that values 0, 1, ... stand for, the ignored one last if it is a color.
    """

    names: tuple[str, ...]
    first: int = 0
    ignore: int | None = None
    palette: tuple[str, ...] = ()

    @property
    def ignored(self) -> str:
        """The values without a class, for messages."""
        below = [str(value) for value in range(self.first)]
        words = below if len(below) < 3 else [f"{below[0]} to {below[-1]}"]
        if self.ignore is not None and self.ignore >= self.first:
            words.append(self.palette[self.ignore] if self.ignore < len(self.palette) else str(self.ignore))
        return " and ".join(words) or "none"

    def class_values(self, found: Ints) -> range:
        """Return the values that are classes: those that have a name, else those up to the largest one found."""
        if self.names:
            return range(self.first, self.first + len(self.names))
        counted = self.counted(found)
        if counted[-1:] == [255] and 254 not in counted:
            counted = counted[:-1]  # a usual mark of pixels without a class: `find_value_problems` asks
        return range(self.first, max(counted, default=self.first) + 1)

    def counted(self, found: Ints) -> list[int]:
        """Return the values in `found` that are not ignored, in order."""
        return [value for value in found.tolist() if value >= self.first and value != self.ignore]


def read_meaning(names: tuple[str, ...], options: Mapping[str, int | str]) -> tuple[MaskMeaning, list[str]]:
    """Return what class names and options say of mask values, and what is wrong with them."""
    ignore, first = options["ignore"], int(options.get("first_value", 0))
    value = None if ignore == NO_IGNORE or isinstance(ignore, str) else ignore
    if options["palette"]:
        meaning, problems = _read_palette(names, str(options["palette"]).split(), ignore)
        return meaning, [
            *problems,
            "first_value has no effect with a palette; leave it out",
        ] if first else problems
    is_color = isinstance(ignore, str)
    problems = [f"ignore: {ignore!r} is a color, which needs a palette; without one, give the value"]
    return MaskMeaning(names, first, value), problems if is_color else []


def _read_palette(
    names: tuple[str, ...], colors: list[str], ignore: int | str
) -> tuple[MaskMeaning, list[str]]:
    """Return the meaning of colors; the ignored one, given as a color or by its place, comes last and has no name."""
    void = ignore if isinstance(ignore, str) else dict(enumerate(colors)).get(ignore)
    kept = tuple(color for color in colors if color != void)
    if len(names) == len(colors):
        names = tuple(name for name, color in zip(names, colors, strict=True) if color != void)
    problems = list(_find_wrong_place(colors, ignore))
    if names and len(names) != len(kept):
        problems.append(f"palette: {len(colors)} colors for {len(names)} classes")
    if void is None:
        return MaskMeaning(names or kept, palette=kept), problems
    return MaskMeaning(names or kept, 0, len(kept), (*kept, void)), problems


def _find_wrong_place(colors: Sequence[str], ignore: int | str) -> Iterator[str]:
    """Yield a problem if a number to be ignored is no place in the palette, or may be meant as a grey level."""
    if isinstance(ignore, str) or ignore == NO_IGNORE:
        return
    grey = f"#{ignore:02x}{ignore:02x}{ignore:02x}"
    if ignore >= len(colors):
        way = "" if grey in colors else " if that is the color of the pixels without a class, else theirs"
        yield f"ignore: {ignore} is no place in the palette (0 to {len(colors) - 1}); write ignore: '{grey}'{way}"
    elif grey in colors and colors[ignore] != grey:
        yield (
            f"ignore: {ignore} is the place of {colors[ignore]} in the palette, which also has the grey level"
            f" {ignore}; write ignore: '{colors[ignore]}' or ignore: '{grey}'"
        )


def to_palette(colors: tuple[str, ...]) -> NDArray[np.uint8] | None:
    """Convert colors '#rrggbb' to RGB values (k,3); None where there are none."""
    return np.array([list(bytes.fromhex(color[1:])) for color in colors], np.uint8) if colors else None


class ClassTable(NamedTuple):
    """Classes and how values become them. table (256,): the index of each value; None: the values are the indices."""

    classes: tuple[str, ...]
    ignore_index: int | None
    table: Ints | None


def assign_classes(meaning: MaskMeaning, found: Ints) -> ClassTable:
    """Return the classes of masks that hold the values `found`; a value that is ignored is no class."""
    values = meaning.class_values(found)
    names = meaning.names or tuple(f"class {value}" for value in values)
    kept = {value: name for value, name in zip(values, names, strict=True) if value != meaning.ignore}
    if not meaning.first and len(kept) == len(names):
        return ClassTable(names, meaning.ignore, None)
    table = np.full(VALUES, VOID)
    table[[value for value in kept if value < VALUES]] = [
        index for index, value in enumerate(kept) if value < VALUES
    ]
    return ClassTable(tuple(kept.values()), VOID, table)

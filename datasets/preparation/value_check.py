"""Mask values that cannot be the classes, each with the option that makes them so."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from ..masks.decoding import color_of
from ..masks.values import MaskMeaning
from ..sources.listing import Listing, join_names, printable
from .index import Index
from .unknown_values import MAX_ADVISED, RUINED, are_smeared, describe_unknown

MAX_CLASSES = 250
"""Classes up to which values without names are believed: smoothed masks hold nearly all of 0 to 255."""


def find_value_problems(meaning: MaskMeaning, listing: Listing, index: Index) -> Iterator[str]:
    """Yield what is wrong with the values of all masks together, with the option that mends it."""
    found = np.flatnonzero(index.values.sum(0))
    colors = colors_by_value(index)
    if index.unknown:
        yield from describe_unknown(meaning, listing, index, colors)
        return
    counted = meaning.counted(found)
    ignored = [value for value in found.tolist() if value not in counted]
    find = _find_unnamed if meaning.names else _find_gaps
    problems = [] if len(counted) < 2 and ignored else list(find(meaning, listing, index, colors))
    if not problems and len(counted) < 2 and (ignored or meaning.names):
        problems.append(_describe_single_class(meaning, counted, ignored, colors, index))
    if not meaning.palette and not meaning.names:
        problems += _find_mixed_palettes(listing, index)
    yield from problems


def colors_by_value(index: Index) -> dict[int, list[str]]:
    """Return the colors that a viewer shows for each value found: a grey level, or those of palettes in the files."""
    colors: dict[int, dict[str, None]] = {}
    plain = np.ones(len(index.values), bool)
    for position, of_mask in index.colors.items():
        plain[position] = False
        for value, color in of_mask.items():
            colors.setdefault(value, {})[color] = None
    for value in np.flatnonzero(index.values[plain].sum(0)).tolist():
        colors.setdefault(value, {})[color_of(value)] = None
    return {value: list(colors[value]) for value in sorted(colors)}


def _advise_palette(values: Sequence[int], colors: Mapping[int, Sequence[str]]) -> str:
    """Return "palette: '#000000 #ffffff'" for these values in order; "" where no palette could tell them apart."""
    distinct = list(dict.fromkeys(color for value in values for color in colors.get(value, ())))
    is_bijective = sum(len(colors.get(value, ())) for value in values) == len(distinct)
    if not (is_bijective or _is_white_twice(colors)) or not 2 <= len(distinct) <= MAX_ADVISED:
        return ""
    return f"palette: '{' '.join(distinct)}'"


def _is_white_twice(colors: Mapping[int, Sequence[str]]) -> bool:
    """Tell whether 1 in masks of single bits and 255 in others are the same color."""
    return colors.get(1) == ["#ffffff"] == colors.get(255)


def _find_unnamed(
    meaning: MaskMeaning, listing: Listing, index: Index, colors: Mapping[int, Sequence[str]]
) -> Iterator[str]:
    """Yield one line on the mask values that have no name, with the first masks that hold them."""
    found = np.flatnonzero(index.values.sum(0))
    counted, values = meaning.counted(found), meaning.class_values(found)
    unnamed = [value for value in counted if value not in values]
    if not unnamed:
        return
    advice = _advise_names(meaning, index, counted, unnamed, colors)
    yield (f"mask {_locate(listing, index, unnamed)}: the classes are {values[0]} to {values[-1]}; {advice}")


def _locate(listing: Listing, index: Index, values: Sequence[int]) -> str:
    """Return values with the pixels and the first masks that hold them."""
    positions = np.flatnonzero(index.values[:, values].any(1))
    files = join_names([printable(listing.names[position]) for position in positions[:10]], len(positions))
    many = f"values {join_names([str(value) for value in values])}" if values[1:] else f"value {values[0]}"
    return f"{many} in {index.values[:, values].sum()} pixels ({files})"


def _advise_names(
    meaning: MaskMeaning,
    index: Index,
    counted: Sequence[int],
    unnamed: Sequence[int],
    colors: Mapping[int, Sequence[str]],
) -> str:
    """Return the option that fits as many values as there are names, or that leaves out the one value too many."""
    count, palette = len(meaning.names), _advise_palette(counted, colors)
    has_ignore = meaning.ignore is not None
    if not meaning.palette and counted == list(range(counted[0], counted[0] + count)):
        return f"set first_value: {counted[0]} if the first name is that of value {counted[0]}"
    if palette.count("#") == count and not has_ignore and not meaning.first:
        return f"set {palette} if these are the classes in their order"
    if len(unnamed) == 1 and not has_ignore and len(counted) > 2:
        shift = "first_value: 1 if value 0 has none and the first name is that of value 1, or "
        is_shifted = counted == list(range(count + 1)) and not meaning.palette and count > 1
        codes = _suspect_two_codes(index) if unnamed[0] == 255 else ""
        return f"{codes} set {shift if is_shifted else ''}ignore: {unnamed[0]} if these pixels have no class".strip()
    if are_smeared(counted) or len(counted) > MAX_ADVISED:
        return f"{len(counted)} values occur: {RUINED}; export them again"
    also = f" and set {palette}" if palette and not has_ignore and not meaning.first else ""
    return f"name all {len(counted)} values in `classes`{also}, or correct the masks"


def _find_gaps(
    meaning: MaskMeaning, listing: Listing, index: Index, colors: Mapping[int, Sequence[str]]
) -> Iterator[str]:
    """Yield a line where the values without names do not follow each other from the first one on."""
    masks = len(index.values)
    counted = meaning.counted(np.flatnonzero(index.values.sum(0)))
    ignore = [] if meaning.ignore is None else [meaning.ignore]
    is_void = counted[-1:] == [255] and 254 not in counted and not ignore and not _is_white_twice(colors)
    void = [255] if is_void else []
    rest = [value for value in counted if value not in void]
    if len(counted) < 2 and not (counted and counted[0] != meaning.first):
        return
    if len(counted) < 2:
        yield f"all pixels that count hold the value {counted[0]}: there is one class, and there must be two"
        return
    is_row = len(rest) > 1 and set(range(rest[0], rest[-1] + 1)) <= {*rest, *ignore}
    is_row = is_row and len(rest) <= MAX_CLASSES
    starts = is_row and set(range(meaning.first, rest[0])) <= set(ignore)
    if starts and not void:
        return
    palette = _advise_palette(counted, colors)
    also_ignore = " and, if 255 has no class, ignore: 255" if void else ""
    if starts:
        alternative = f", or {palette} if they have one" if palette else ""
        yield (
            f"mask {_locate(listing, index, [255])}: the classes are {rest[0]} to {rest[-1]};"
            f"{_suspect_two_codes(index)} set ignore: 255 if these pixels have no class{alternative}"
        )
    elif is_row and set(range(meaning.first)) <= set(ignore):
        yield (
            f"the values of the {masks} masks begin with {rest[0]} and {meaning.first} never occurs;"
            f" set first_value: {rest[0]}{also_ignore}, or name all values from {meaning.first} on with `classes`"
        )
    else:
        yield _describe_gaps(meaning, counted, colors, palette, masks)


def _suspect_two_codes(index: Index) -> str:
    """Say that 255 may be another mask's 1, where no mask holds both and none has more classes."""
    holds = index.values > 0
    is_suspect = holds[:, 1].any() and not holds[:, 2:255].any() and not (holds[:, 1] & holds[:, 255]).any()
    return (
        " no mask holds both 1 and 255: if these are the same class, export the masks alike;"
        if is_suspect
        else ""
    )


def _describe_gaps(
    meaning: MaskMeaning,
    counted: Sequence[int],
    colors: Mapping[int, Sequence[str]],
    palette: str,
    masks: int,
) -> str:
    start = f"the {masks} masks hold the values {_list_values(counted)}"
    if len(counted) > MAX_ADVISED or are_smeared(counted):
        return f"{start}: {RUINED}; export them again, or name the classes with `classes`"
    named = f"name all values from {meaning.first} to {counted[-1]} with `classes`"
    if not palette:
        return f"{start}, and what lies between never occurs; {named}"
    if meaning.ignore is not None:
        void = next(iter(colors.get(meaning.ignore, [color_of(meaning.ignore)])))
        palette += f" and ignore: '{void}'"
    first = " without first_value" if meaning.first else ""
    return f"{start}, and what lies between never occurs; set {palette}{first}, in the order of the classes, or {named}"


def _list_values(values: Sequence[int]) -> str:
    words = [str(value) for value in values]
    return (
        ", ".join(words) if len(words) <= MAX_ADVISED else f"{', '.join(words[:3])} and {len(words) - 3} more"
    )


def _describe_single_class(
    meaning: MaskMeaning,
    occurring: Sequence[int],
    ignored: Sequence[int],
    colors: Mapping[int, Sequence[str]],
    index: Index,
) -> str:
    """Say that one class is left, and which ignored value may be the other."""
    name = _name_of(meaning, occurring[0]) if occurring else "no class"
    if not ignored:
        return f"only {name} occurs in the masks; at least two classes must"
    share = index.values[:, ignored].sum() / max(1, index.values.sum())
    palette = "" if meaning.palette else _advise_palette(sorted([*occurring, *ignored]), colors)
    if meaning.names and palette.count("#") != len(meaning.names):
        palette = ""
    option = _name_options(meaning)
    mend = f"; if they are a class, leave out {option} and set {palette}" if palette else ""
    return f"with {option} only {name} is left: {100 * share:.1f} % of the pixels are ignored{mend}"


def _name_options(meaning: MaskMeaning) -> str:
    """Return the options that leave out values, such as 'first_value: 1 and ignore: 255'."""
    first = [f"first_value: {meaning.first}"] if meaning.first else []
    ignore = [] if meaning.ignore is None else [f"ignore: {meaning._replace(first=0).ignored}"]
    return " and ".join([*first, *ignore])


def _name_of(meaning: MaskMeaning, value: int) -> str:
    is_named = 0 <= value - meaning.first < len(meaning.names)
    return f"class {printable(meaning.names[value - meaning.first])}" if is_named else f"value {value}"


def _find_mixed_palettes(listing: Listing, index: Index) -> Iterator[str]:
    """Yield a line where one value has different colors in different files: their palettes are not the classes'."""
    colors: dict[int, dict[str, int]] = {}
    for position, of_mask in index.colors.items():
        for value, color in of_mask.items():
            colors.setdefault(value, {}).setdefault(color, position)
    mixed = {value: of_value for value, of_value in colors.items() if len(of_value) > 1}
    if not mixed:
        return
    value, of_value = next(iter(sorted(mixed.items())))
    shown = join_names([f"{color} in {printable(listing.names[at])}" for color, at in of_value.items()])
    every = sorted({color for of_one in colors_by_value(index).values() for color in of_one})
    line = f"set palette: '{' '.join(every)}'" if len(every) <= MAX_ADVISED else "export them again"
    yield (
        f"value {value} has different colors in different masks ({shown}): each file has a palette of its own;"
        f" {line}, or name the values with `classes`"
    )

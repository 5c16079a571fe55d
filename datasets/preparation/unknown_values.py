"""Colors and values of masks that can be no class by themselves, and the signs of masks that a format has ruined."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence

from ..masks.decoding import MAX_UNKNOWN, color_of
from ..masks.values import MaskMeaning
from ..sources.listing import Listing, join_names, printable
from .index import Index

MAX_ADVISED, MAX_COLORS = 32, 64
"""Values and colors up to which a message lists them: more come from photographs and smoothed or lossy masks."""
RUINED = "photographs, or masks that were smoothed or saved in a lossy format"
FAR, NEAR = 16, 8
"""Grey levels that lie further apart are of different groups; colors that lie nearer may be of one class."""


def are_smeared(values: Sequence[int]) -> bool:
    """Tell whether values crowd around two or more levels, as after a lossy format: 0, 1, 2 and 253, 254, 255."""
    groups, crowded, size = 1, 0, 1
    for before, value in itertools.pairwise(values):
        size = size + 1 if value - before < FAR else 1
        crowded += size == 2
        groups += value - before >= FAR
    return groups > 1 and crowded > 1 and len(values) >= 2 * groups


def are_smeared_colors(pixels: Mapping[str, int]) -> bool:
    """Tell whether three or more colors lie close to a more frequent one, as after a lossy format."""
    codes = {color: bytes.fromhex(color[1:]) for color in sorted(pixels, key=lambda each: -pixels[each])}
    near = 0
    frequent: list[bytes] = []
    for code in codes.values():
        near += any(
            max(abs(one - other) for one, other in zip(code, each, strict=True)) < NEAR for each in frequent
        )
        frequent.append(code)
    return near >= 3


def describe_unknown(
    meaning: MaskMeaning, listing: Listing, index: Index, colors: Mapping[int, Sequence[str]]
) -> Iterator[str]:
    """Yield a line on the colors that no palette names, and one on values that no 8 bits hold."""
    by_kind: dict[bool, dict[int, Mapping[str, int]]] = {True: {}, False: {}}
    for position, unknown in index.unknown.items():
        by_kind[next(iter(unknown)).startswith("#")][position] = unknown
    if by_kind[True]:
        known = meaning.palette or [color for of_value in colors.values() for color in of_value]
        yield _describe_colors(meaning, list(known), _name_files(listing, by_kind[True]), by_kind[True])
    if by_kind[False]:
        yield _describe_deep_values(_name_files(listing, by_kind[False]), by_kind[False], colors)


def _name_files(listing: Listing, positions: Mapping[int, object]) -> str:
    """Return how many of the masks these are, and the first of their images."""
    files = join_names([printable(listing.names[position]) for position in sorted(positions)])
    return f"{len(positions)} of {len(listing.names)} masks ({files})"


def _describe_colors(
    meaning: MaskMeaning, known: Sequence[str], files: str, unknown: Mapping[int, Mapping[str, int]]
) -> str:
    pixels: dict[str, int] = {}
    for of_mask in unknown.values():
        for color, count in of_mask.items():
            pixels[color] = pixels.get(color, 0) + count
    shown = join_names([f"{color} ({count} pixels)" for color, count in pixels.items()])
    every = list(dict.fromkeys(known)) + sorted(pixels.keys() - set(known))
    every = every if meaning.palette else sorted(every)
    if len(every) > MAX_COLORS or are_smeared_colors(pixels):
        more = " or more" if len(every) >= MAX_UNKNOWN else ""
        way = (
            "export them again with one color for each class, or give the colors of all classes as `palette`"
        )
        return f"{files} are in {len(every)}{more} colors, such as {shown}: {RUINED}; {way}"
    line = f"palette: '{' '.join(every)}'"
    if not meaning.palette:
        return f"{files} are in colors: {shown}; set {line}, in the order of the classes"
    ignore = (
        "" if len(pixels) > 1 or meaning.ignore is not None else f" or, for no class, ignore: '{shown[:7]}'"
    )
    return f"{files} hold colors that are not in the palette: {shown}; set {line}{ignore}"


def _describe_deep_values(
    files: str, unknown: Mapping[int, Mapping[str, int]], colors: Mapping[int, Sequence[str]]
) -> str:
    values = sorted({int(value) for of_mask in unknown.values() for value in of_mask})
    beyond = [value for value in values if not 0 <= value <= 255]
    start = f"{files} hold the value {beyond[-1]}; values must be from 0 to 255"
    levels = sorted({value // 257 for value in values} | set(colors))
    if not any(value % 257 for value in values) and set(colors) <= {0} and 2 <= len(levels) <= MAX_ADVISED:
        return f"{start}; set palette: '{' '.join(map(color_of, levels))}'"
    return f"{start}: these may be numbers of regions or objects; export a mask of the classes"

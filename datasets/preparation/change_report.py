"""Lines of the data check on what the formats of files lose or change, with the number of files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from ..sources.listing import Listing, join_names, printable
from .format_changes import Changes
from .index import Index

IMAGES = {
    "transparent": "have transparent pixels (up to {high:.1%} of one), which become white",
    "fourth band": "are TIFF files with a band of transparency (up to {high:.1%} of one), which becomes white; if it is"
    " another band, such as near infrared, save the images with three bands",
    "bands": "have up to {high:.0f} bands, of which the first three are read",
    "deep bands": "have 16 bits in each band, of which the upper 8 are read",
    "sixteen bits": "have 16 bits, of which the upper 8 are read: their values {low:.0f} to {high:.0f} become"
    " {low_byte:.0f} to {high_byte:.0f}",
    "clipped": "have values from {low:.0f} to {high:.0f}: below 0 becomes black, above 65535 white, and of the rest the"
    " upper 8 of 16 bits are read",
    "unit floats": "hold floating-point numbers from {low:.4g} to {high:.4g}, read as 0 (black) to 1 (white)",
    "floats": "hold floating-point numbers from {low:.4g} to {high:.4g}, read as 0 (black) to 255 (white)",
    "not finite": "hold NaN or infinity: NaN becomes black, infinity white",
    "frames": "have up to {high:.0f} frames or pages, of which the first is read",
    "converted": "are not RGB (CMYK, for example) and are converted without their color profile",
}
"""What images lose; low and high: the range over all files."""
IMAGE_FACTS = {
    "turned": "are turned by their EXIF orientation, as a viewer shows them",
    "profile": "have a color profile, which is not applied",
}
MASKS = {
    "alpha": "have a transparency that varies, which is not read: their values or colors count",
    "frames": "have up to {high:.0f} frames or pages, of which the first is read",
    "bands": "have up to {high:.0f} bands, of which the first three are read",
    "deep bands": "have 16 bits in each band, of which the upper 8 are read",
    "inverted": "are TIFF files whose 0 is white: 0 in the file is read as 255, 1 as 254",
}


class _Group(NamedTuple):
    positions: list[int]
    low: float
    high: float


def list_warnings(listing: Listing, index: Index) -> Iterator[str]:
    """Yield one line for each thing that the formats of images or masks lose."""
    yield from _describe(listing, _group(index.changes), IMAGES, "images")
    masks = _group(index.mask_changes)
    yield from _describe(listing, masks, MASKS, "masks")
    if not _is_drawn(masks):
        yield from _describe(listing, masks, {"drawn in alpha": MASKS["alpha"]}, "masks")
    if not listing.labels.size:
        yield from _find_turned_alone(listing, index)


def list_facts(listing: Listing, index: Index) -> Iterator[str]:
    """Yield one line for each thing that the formats of images change without a loss."""
    yield from _describe(listing, _group(index.changes), IMAGE_FACTS, "images")
    turned = {"turned": IMAGE_FACTS["turned"]}
    yield from _describe(listing, _group(index.mask_changes), turned, "masks")


def list_problems(listing: Listing, index: Index) -> Iterator[str]:
    """Yield what makes masks unusable: classes that are drawn in transparency, and values whose low bits are lost."""
    masks = _group(index.mask_changes)
    if _is_drawn(masks):
        text = "are drawn in their transparency, which is not read, and have one color; save the alpha band as the mask"
        yield from _describe(listing, masks, {"drawn in alpha": text}, "masks")
    has_palette = listing.meaning is not None and listing.meaning.palette
    if "deep bands" in masks and not has_palette:
        text = "have 16 bits in each band, of which the lower 8 would be lost; save them in one band, or in 8 bits"
        yield from _describe(listing, masks, {"deep bands": text}, "masks")


def _is_drawn(masks: Mapping[str, _Group]) -> bool:
    """Tell whether every mask whose transparency varies has one color: then the classes are in the transparency."""
    return "drawn in alpha" in masks and "alpha" not in masks


def _find_turned_alone(listing: Listing, index: Index) -> Iterator[str]:
    """Yield a line on images that are turned by EXIF, while their masks are not, and the other way round."""
    turned = {at for at, changes in index.changes.items() if "turned" in changes}
    masks = {at for at, changes in index.mask_changes.items() if "turned" in changes}
    for positions, text in (
        (turned - masks, "images are turned by their EXIF orientation, and their masks are not"),
        (masks - turned, "masks are turned by their EXIF orientation, and their images are not"),
    ):
        if positions:
            files = join_names([printable(listing.names[at]) for at in sorted(positions)])
            yield f"{len(positions)} of {len(listing.names)} {text}: look whether they fit ({files})"


def _group(changes: Mapping[int, Changes]) -> dict[str, _Group]:
    groups: dict[str, _Group] = {}
    for position, kinds in sorted(changes.items()):
        for kind, (low, high) in kinds.items():
            before = groups.get(kind, _Group([], low, high))
            groups[kind] = _Group([*before.positions, position], min(low, before.low), max(high, before.high))
    return groups


def _describe(
    listing: Listing, groups: Mapping[str, _Group], texts: Mapping[str, str], files: str
) -> Iterator[str]:
    for kind, text in texts.items():
        if kind in groups:
            positions, low, high = groups[kind]
            names = join_names([printable(listing.names[at]) for at in positions[:10]], len(positions))
            said = text.format(low=low, high=high, low_byte=low // 256, high_byte=high // 256)
            yield f"{len(positions)} of {len(listing.names)} {files} {said} ({names})"

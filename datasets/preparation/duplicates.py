"""Find images that are in the data twice: in two splits, in two classes, or nearly the same in two splits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from ..sources.listing import Ints, Listing, printable
from .index import Index

MAX_DISTANCE = 3
"""Mean difference in grey levels up to which two thumbnails of 8x8 count as the same image."""
MIN_CONTRAST = 4
"""Standard deviation in grey levels below which a thumbnail is too uniform to tell images apart."""

Group = list[int]
"""Positions of images that are the same, or nearly so."""


def find_duplicates(listing: Listing, index: Index, splits: Mapping[str, Ints]) -> Iterator[str]:
    """Yield one warning for each kind of duplicate, with the first pair; unreadable images are skipped."""
    split_of = np.full(len(listing.names), -1)
    for number, positions in enumerate(splits.values()):
        split_of[positions] = number
    used = [position for position in np.flatnonzero(split_of >= 0).tolist() if position not in index.problems]
    same = _group_equal(used, [_image_hash(index, position) for position in used])
    yield from _describe("the same image in two splits", listing, _across(split_of, same))
    if len(listing.labels):
        yield from _describe("the same image in two classes", listing, _across_labels(listing, same))
    similar = [group for group in _group_similar(used, index) if group not in same]
    yield from _describe("nearly the same image in two splits", listing, _across(split_of, similar))


def _image_hash(index: Index, position: int) -> bytes:
    """Return the hash of the image alone, without its mask."""
    return index.hashes[position, :32].tobytes()


def _group_equal(positions: list[int], keys: list[bytes]) -> list[Group]:
    """Return the groups of two or more positions with the same key."""
    by_key: dict[bytes, Group] = {}
    for position, key in zip(positions, keys, strict=True):
        by_key.setdefault(key, []).append(position)
    return [group for group in by_key.values() if len(group) > 1]


def _group_similar(positions: list[int], index: Index) -> list[Group]:
    """Return groups whose thumbnails are bright in the same cells and differ by little; uniform ones are skipped."""
    distinct = [position for position in positions if index.thumbnails[position].std() >= MIN_CONTRAST]
    thumbnails = (index.thumbnails[position] for position in distinct)
    keys = [np.packbits(thumbnail > thumbnail.mean()).tobytes() for thumbnail in thumbnails]
    groups = []
    for group in _group_equal(distinct, keys):
        levels = index.thumbnails[group].astype(np.int64)
        distances = np.abs(levels - levels[0]).mean(1)
        close = [position for position, d in zip(group, distances, strict=True) if d <= MAX_DISTANCE]
        if len({_image_hash(index, position) for position in close}) > 1:
            groups.append(close)
    return groups


def _across(split_of: Ints, groups: list[Group]) -> list[Group]:
    """Return a pair from two splits for each group that has one."""
    pairs = []
    for group in groups:
        other = next((position for position in group if split_of[position] != split_of[group[0]]), None)
        pairs += [] if other is None else [[group[0], other]]
    return pairs


def _across_labels(listing: Listing, groups: list[Group]) -> list[Group]:
    return [group for group in groups if len(set(listing.labels[group].tolist())) > 1]


def _describe(kind: str, listing: Listing, groups: list[Group]) -> Iterator[str]:
    if groups:
        first, second = (printable(listing.names[position]) for position in groups[0][:2])
        rest = f" and {len(groups) - 1} more" if len(groups) > 1 else ""
        yield f"{kind}: {first} and {second}{rest}"

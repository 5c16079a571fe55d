"""What is to be known, doubted and refused of a data set before anything is trained on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..sources.listing import Ints, Listing, shown, some
from .index import Index

IMBALANCE = 10
TINY = 8
FEW = 100
ALIKE = 3
"""Mean difference in grey levels up to which two thumbnails of 8x8 show the same picture."""
PLAIN = 4
"""Spread in grey levels below which a thumbnail is too plain to tell pictures apart."""


@dataclass(frozen=True)
class Report:
    """Lines for people. With `problems` a study is refused, `warnings` it is told; `facts` are what is there."""

    facts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """All of it, in the order of reading."""
        yield from self.facts
        yield from (f"warning: {text}" for text in self.warnings)
        yield from (f"error: {text}" for text in self.problems)


def unreadable(listing: Listing, index: Index) -> Iterator[str]:
    """One line a kind of trouble with single files, naming the first of them."""
    by_reason: dict[str, list[str]] = {}
    for position, why in sorted(index.problems.items()):
        by_reason.setdefault(why, []).append(shown(listing.names[position]))
    for why, names in list(by_reason.items())[:20]:
        yield f"{some(names)}: {why}"
    if len(by_reason) > 20:
        yield f"{sum(map(len, list(by_reason.values())[20:]))} more files have problems of other kinds"


def report(
    listing: Listing, index: Index, parts: Mapping[str, Ints], places: Mapping[str, str], *, masks: bool
) -> Report:
    """All that can be said of a listing that was examined and split."""
    counts = _counts(listing, index, parts, masks=masks)
    problems = [
        *listing.problems,
        *unreadable(listing, index),
        *_impossible(listing, index, parts, counts, masks),
    ]
    warnings = [*listing.warnings, *_doubts(listing, parts, counts, index), *_twice(listing, index, parts)]
    return Report(
        tuple(_facts(listing, index, parts, places, counts, masks)), tuple(warnings), tuple(problems)
    )


def _counts(listing: Listing, index: Index, parts: Mapping[str, Ints], *, masks: bool) -> dict[str, Ints]:
    """Images (in segmentation: pixels) of each class by split."""
    classes = len(listing.classes)
    if masks:
        return {split: index.values[positions].sum(0)[:classes] for split, positions in parts.items()}
    return {
        split: np.bincount(listing.labels[positions], minlength=classes) for split, positions in parts.items()
    }


def _facts(
    listing: Listing,
    index: Index,
    parts: Mapping[str, Ints],
    places: Mapping[str, str],
    counts: Mapping[str, Ints],
    masks: bool,
) -> Iterator[str]:
    of = "pixels" if masks else "images"
    shares = counts["train"] / max(1, int(counts["train"].sum()))
    shown_classes = [
        f"{shown(name)} {count if not masks else f'{100 * share:.1f} %'}"
        for name, count, share in zip(listing.classes, counts["train"], shares, strict=True)
    ]
    many = shown_classes[:30] + ([f"and {len(shown_classes) - 30} more"] if len(shown_classes) > 30 else [])
    yield f"classes: {len(listing.classes)} ({of} of the training split: {', '.join(many)})"
    for split, positions in parts.items():
        yield f"{split}: {len(positions)} images, {places[split]}{_span(counts[split], masks)}"
    if masks:
        yield "ignored mask value: " + ("none" if listing.ignore is None else str(listing.ignore))
    yield f"sizes: {_sizes(index)}"


def _span(counts: Ints, masks: bool) -> str:
    if masks or not len(counts):
        return ""
    return (
        f", {counts.min()} a class"
        if counts.min() == counts.max()
        else f", {counts.min()} to {counts.max()} a class"
    )


def _sizes(index: Index) -> str:
    """'32x32' or the commonest of several, height x width."""
    found = Counter(map(tuple, index.sizes.tolist()))
    commonest = ", ".join(f"{h}x{w} ({count})" for (h, w), count in found.most_common(3))
    if len(found) == 1:
        return f"{commonest} (height x width)"
    low, high = index.sizes.min(0), index.sizes.max(0)
    spread = f"height {low[0]} to {high[0]}, width {low[1]} to {high[1]}"
    return f"{len(found)} different, {spread}; commonest {commonest}"


def _impossible(
    listing: Listing, index: Index, parts: Mapping[str, Ints], counts: Mapping[str, Ints], masks: bool
) -> Iterator[str]:
    if masks:
        yield from _strange_values(listing, index)
    if len(listing.classes) < 2 and not listing.problems:
        yield f"{len(listing.classes)} class is nothing to tell apart; at least 2 are needed"
    for split, positions in parts.items():
        if not len(positions):
            yield f"the {split} split has no images"
    if not masks:
        empty = [
            shown(name) for name, count in zip(listing.classes, counts["train"], strict=True) if not count
        ]
        if empty and not listing.problems:
            yield f"classes without a training image: {some(empty)}"


def _strange_values(listing: Listing, index: Index) -> Iterator[str]:
    """Mask values that are no class, with the first mask that holds each."""
    known = set(range(len(listing.classes))) | ({listing.ignore} if listing.ignore is not None else set())
    for value in np.flatnonzero(index.values.sum(0)).tolist():
        if value not in known and listing.classes:
            where = np.flatnonzero(index.values[:, value])
            names = [shown(listing.names[position]) for position in where[:10]]
            yield (
                f"mask value {value} in {index.values[:, value].sum()} pixels ({some(names, len(where))}):"
                f" the classes are 0 to {len(listing.classes) - 1}; give ignore: {value} if it means 'no class'"
            )


def _doubts(
    listing: Listing, parts: Mapping[str, Ints], counts: Mapping[str, Ints], index: Index
) -> Iterator[str]:
    masks = bool(index.values.shape[1])
    there = counts["train"][counts["train"] > 0]
    if len(there) and there.max() > IMBALANCE * there.min():
        low = int(np.argmin(np.where(counts["train"] > 0, counts["train"], there.max())))
        high = int(counts["train"].argmax())
        yield (
            f"classes are unbalanced: {shown(listing.classes[high])} has {there.max() / there.min():.0f} times the"
            f" {'pixels' if masks else 'images'} of {shown(listing.classes[low])}"
        )
    for split, of_class in counts.items():
        empty = [shown(name) for name, count in zip(listing.classes, of_class, strict=True) if not count]
        if empty and len(parts[split]) and (masks or split != "train"):
            yield f"classes that the {split} split does not show: {some(empty)}"
    for split in ("validation", "test"):
        if 0 < len(parts[split]) < FEW and not masks:
            count = len(parts[split])
            yield f"the {split} split has {count} images: one of them is {100 / count:.1f} points"
    tiny = np.flatnonzero((index.sizes > 0).all(1) & (index.sizes < TINY).any(1))
    if len(tiny):
        names = [shown(listing.names[position]) for position in tiny[:10]]
        yield f"images of less than {TINY} pixels: {some(names, len(tiny))}"


def _twice(listing: Listing, index: Index, parts: Mapping[str, Ints]) -> Iterator[str]:
    """Images that are in two splits, or with two labels, and pictures of two splits that look alike."""
    split_of = np.full(len(listing.names), -1)
    for number, positions in enumerate(parts.values()):
        split_of[positions] = number
    used = [position for position in np.flatnonzero(split_of >= 0).tolist() if position not in index.problems]
    same = _groups(used, [index.digests[position, :32].tobytes() for position in used])
    yield from _across("the same image in two splits", listing, split_of, same)
    if len(listing.labels):
        torn = [group for group in same if len(set(listing.labels[group].tolist())) > 1]
        if torn:
            yield f"the same image in two classes: {_pair(listing, torn[0])}{_more(torn)}"
    alike = [group for group in _alike(used, index) if group not in same]
    yield from _across("nearly the same image in two splits", listing, split_of, alike)


def _groups(positions: list[int], marks: list[bytes]) -> list[list[int]]:
    by_mark: dict[bytes, list[int]] = {}
    for position, mark in zip(positions, marks, strict=True):
        by_mark.setdefault(mark, []).append(position)
    return [group for group in by_mark.values() if len(group) > 1]


def _alike(positions: list[int], index: Index) -> list[list[int]]:
    """Groups whose thumbnails are bright and dark in the same places and differ by little; not plain surfaces."""
    telling = [position for position in positions if index.thumbs[position].std() >= PLAIN]
    marks = [np.packbits(t > t.mean()).tobytes() for t in (index.thumbs[position] for position in telling)]
    close = []
    for group in _groups(telling, marks):
        thumbs = index.thumbs[group].astype(np.int64)
        kept = [one for one, t in zip(group, thumbs, strict=True) if abs(t - thumbs[0]).mean() <= ALIKE]
        close += (
            [kept] if len(kept) > 1 and len({index.digests[one, :32].tobytes() for one in kept}) > 1 else []
        )
    return close


def _across(what: str, listing: Listing, split_of: Ints, groups: list[list[int]]) -> Iterator[str]:
    torn = []
    for group in groups:
        other = next((one for one in group if split_of[one] != split_of[group[0]]), None)
        torn += [] if other is None else [[group[0], other]]
    if torn:
        yield f"{what}: {_pair(listing, torn[0])}{_more(torn)}"


def _pair(listing: Listing, group: list[int]) -> str:
    return f"{shown(listing.names[group[0]])} and {shown(listing.names[group[1]])}"


def _more(groups: list[list[int]]) -> str:
    return f" and {len(groups) - 1} more" if len(groups) > 1 else ""

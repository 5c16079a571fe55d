"""The data check: facts, warnings and problems found before training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ..sources.listing import Ints, Listing, join_names, printable
from .change_report import list_facts, list_problems, list_warnings
from .duplicates import find_duplicates
from .index import Index
from .scorable import Draw, find_empty_masks, find_unscorable, find_weak_scores

MAX_IMBALANCE = 10
"""Ratio of the most to the least common class above which a warning is given."""
TINY_SIDE = 8
"""Height or width in pixels below which an image is called tiny."""
SMALL_SPLIT = 100
"""Images of a split below which a single one counts visibly."""
MAX_REASONS = 20
MAX_CLASSES = 30


@dataclass(frozen=True)
class Report:
    """Lines for the user: `problems` rule out a study, `warnings` do not, `facts` describe the data."""

    facts: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def lines(self) -> Iterator[str]:
        """Yield all lines: facts, then warnings, then problems."""
        yield from self.facts
        yield from (f"warning: {text}" for text in self.warnings)
        yield from (f"error: {text}" for text in self.problems)


def build_report(
    listing: Listing,
    index: Index,
    splits: Mapping[str, Ints],
    origins: Mapping[str, str],
    *,
    masks: bool,
    draw: Draw | None = None,
) -> Report:
    """Report on a listing that was inspected and split.

    origins: where each split comes from; draw: the splits of another `split_seed`, to name one that works.
    """
    counts = _count_classes(listing, index, splits, masks=masks)
    # where masks are refused, classes and their shares are not known
    is_open = masks and bool(listing.problems or not index.values.any())
    is_scored = masks and not is_open
    facts = [
        *([] if is_open else [_describe_classes(listing, counts["train"], masks)]),
        *([f"layout: {listing.layout}"] if listing.layout else []),
        *_describe_splits(splits, origins, counts, masks),
        *([_describe_ignored(listing, index)] if masks else []),
        f"sizes: {_describe_sizes(index)}",
        *list_facts(listing, index),
    ]
    warnings = [
        *listing.warnings,
        *([] if is_open else _find_weaknesses(listing, splits, counts, masks)),
        *(find_empty_masks(listing, index) if is_scored else ()),
        *(find_weak_scores(listing, index, splits) if is_scored else ()),
        *list_warnings(listing, index),
        *_find_tiny_images(listing, index),
        *find_duplicates(listing, index, splits),
    ]
    problems = [
        *listing.problems,
        *_group_unreadable(listing, index),
        *list_problems(listing, index),
        *_find_missing(listing, index, splits, counts, masks),
        *(find_unscorable(listing, index, splits, draw or (lambda seed: splits)) if is_scored else ()),
    ]
    return Report(tuple(facts), tuple(warnings), tuple(problems))


def _count_classes(
    listing: Listing, index: Index, splits: Mapping[str, Ints], *, masks: bool
) -> dict[str, Ints]:
    """Count the images (in segmentation: pixels) of each class (k,), by split."""
    classes = len(listing.classes)
    if masks:
        return {split: index.values[positions].sum(0)[:classes] for split, positions in splits.items()}
    return {
        split: np.bincount(listing.labels[positions], minlength=classes)
        for split, positions in splits.items()
    }


def _describe_classes(listing: Listing, counts: Ints, masks: bool) -> str:
    shares = counts / max(1, int(counts.sum()))
    classes = [
        f"{printable(name)} {f'{100 * share:.1f} %' if masks else count}"
        for name, count, share in zip(listing.classes, counts, shares, strict=True)
    ]
    rest = [f"and {len(classes) - MAX_CLASSES} more"] if len(classes) > MAX_CLASSES else []
    unit, names = "pixels" if masks else "images", ", ".join(classes[:MAX_CLASSES] + rest)
    return f"classes: {len(listing.classes)} ({unit} of the training split: {names})"


def _describe_splits(
    splits: Mapping[str, Ints], origins: Mapping[str, str], counts: Mapping[str, Ints], masks: bool
) -> Iterator[str]:
    for split, positions in splits.items():
        per_class = "" if masks else _describe_range(counts[split])
        yield f"{split}: {len(positions)} images, {origins[split]}{per_class}"


def _describe_range(counts: Ints) -> str:
    if not len(counts):
        return ""
    low, high = counts.min(), counts.max()
    return f", {low} per class" if low == high else f", {low} to {high} per class"


def _describe_ignored(listing: Listing, index: Index) -> str:
    """Say which mask values have no class, and how many pixels hold them."""
    if listing.ignore_index is None:
        return "ignored mask value: none"
    share = index.values[:, listing.ignore_index].sum() / max(1, int(index.values.sum()))
    return f"ignored mask value: {listing.ignored} ({100 * share:.1f} % of all pixels)"


def _describe_sizes(index: Index) -> str:
    """Return the one size, or the range and the most common ones, as height x width."""
    readable = index.sizes[index.sizes.any(1)]
    if not len(readable):
        return "unknown"
    sizes = Counter(map(tuple, readable.tolist()))
    most_common = ", ".join(f"{h}x{w} ({count})" for (h, w), count in sizes.most_common(3))
    if len(sizes) == 1:
        return f"{most_common} (height x width)"
    low, high = readable.min(0), readable.max(0)
    span = f"height {low[0]} to {high[0]}, width {low[1]} to {high[1]}"
    return f"{len(sizes)} different, {span}; most common {most_common}"


def _group_unreadable(listing: Listing, index: Index) -> Iterator[str]:
    """Yield one line for each reason why files cannot be used, with the first of the files."""
    by_reason: dict[str, list[str]] = {}
    for position, reason in sorted(index.problems.items()):
        by_reason.setdefault(reason, []).append(printable(listing.names[position]))
    for reason, names in list(by_reason.items())[:MAX_REASONS]:
        yield f"{join_names(names)}: {reason}"
    if len(by_reason) > MAX_REASONS:
        rest = sum(map(len, list(by_reason.values())[MAX_REASONS:]))
        yield f"{rest} more files have other problems"


def _find_missing(
    listing: Listing, index: Index, splits: Mapping[str, Ints], counts: Mapping[str, Ints], masks: bool
) -> Iterator[str]:
    """Yield problems with what is not there: classes, images of a split, training images of a class."""
    if len(listing.classes) < 2 and not listing.problems and not (masks and index.problems):
        yield f"the number of classes is {len(listing.classes)}, must be at least 2"
    for split, positions in splits.items():
        if not len(positions) and not listing.problems:
            yield f"the {split} split has no images"
    if not masks:
        empty = _empty_classes(listing, counts["train"])
        if empty and not listing.problems:
            yield f"classes without a training image: {join_names(empty)}"


def _empty_classes(listing: Listing, counts: Ints) -> list[str]:
    return [printable(name) for name, count in zip(listing.classes, counts, strict=True) if not count]


def _find_weaknesses(
    listing: Listing, splits: Mapping[str, Ints], counts: Mapping[str, Ints], masks: bool
) -> Iterator[str]:
    """Yield warnings of unbalanced classes, classes missing from a split and small splits."""
    yield from _find_imbalance(listing, counts["train"], masks)
    for split, of_split in counts.items():
        empty = _empty_classes(listing, of_split)
        if empty and len(splits[split]) and (masks or split != "train"):
            yield f"classes missing from the {split} split: {join_names(empty)}"
    for split in ("validation", "test"):
        count = len(splits[split])
        if 0 < count < SMALL_SPLIT and not masks:
            yield f"the {split} split has only {count} images: each is worth {100 / count:.1f} points"


def _find_imbalance(listing: Listing, counts: Ints, masks: bool) -> Iterator[str]:
    present = counts[counts > 0]
    if not len(present) or present.max() <= MAX_IMBALANCE * present.min():
        return
    low = int(np.argmin(np.where(counts > 0, counts, present.max())))
    high = int(counts.argmax())
    unit = "pixels" if masks else "images"
    yield (
        f"classes are unbalanced: {printable(listing.classes[high])} has {present.max() / present.min():.0f}"
        f" times as many {unit} as {printable(listing.classes[low])}"
    )


def _find_tiny_images(listing: Listing, index: Index) -> Iterator[str]:
    tiny = np.flatnonzero((index.sizes > 0).all(1) & (index.sizes < TINY_SIDE).any(1))
    if len(tiny):
        names = [printable(listing.names[position]) for position in tiny[:10]]
        yield f"images with a side of less than {TINY_SIDE} pixels: {join_names(names, len(tiny))}"

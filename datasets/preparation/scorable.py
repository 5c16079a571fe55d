"""Whether every split of a segmentation data set has what its score is computed from, and what to do if not.

With two classes the score is the IoU of the foreground (class 1): in a split without a pixel of it, the score is 0 or
undefined, whatever a network has learned.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import numpy as np

from ..sources.listing import SPLITS, Ints, Listing, join_names, printable
from .index import Index

FOREGROUND = 1
MAX_SEEDS = 200
"""Seeds that are tried to find splits that can be scored."""
Draw = Callable[[int], Mapping[str, Ints]]
"""From a `split_seed` to the positions of all splits."""


def find_unscorable(listing: Listing, index: Index, splits: Mapping[str, Ints], draw: Draw) -> Iterator[str]:
    """Yield a problem for each split whose score cannot be computed: the class, the number of masks, the way out."""
    counts = _count_pixels(listing, index)
    for split, positions in splits.items():
        if not len(positions):
            continue
        if not counts[positions].any():
            yield f"the {split} split cannot be scored: every pixel of its {len(positions)} masks is ignored"
        elif len(listing.classes) == FOREGROUND + 1 and not counts[positions, FOREGROUND].any():
            has_it = np.flatnonzero(counts[:, FOREGROUND])
            yield _describe_lack(listing, has_it, splits, split, draw)


def find_weak_scores(listing: Listing, index: Index, splits: Mapping[str, Ints]) -> Iterator[str]:
    """Yield a warning for each split of three or more classes that shows only one of them."""
    counts = _count_pixels(listing, index)
    for split, positions in splits.items():
        shown = np.flatnonzero(counts[positions].any(0))
        if len(shown) == 1 and len(listing.classes) > FOREGROUND + 1:
            name = printable(listing.classes[shown[0]])
            yield f"the {split} split shows only {name!r}: its score says nothing of the other classes"


def find_empty_masks(listing: Listing, index: Index) -> Iterator[str]:
    """Yield a warning that names masks none of whose pixels counts: their images teach and measure nothing."""
    empty = np.flatnonzero(~_count_pixels(listing, index).any(1) & (index.sizes > 0).all(1))
    if len(empty) and listing.classes:
        names = [printable(listing.names[position]) for position in empty[:10]]
        yield f"masks of which every pixel is ignored: {join_names(names, len(empty))}"


def _count_pixels(listing: Listing, index: Index) -> Ints:
    """Return the pixels that count of each mask and class, (N, classes)."""
    counts = index.values[:, : len(listing.classes)].copy()
    if listing.ignore_index is not None and listing.ignore_index < counts.shape[1]:
        counts[:, listing.ignore_index] = 0
    return counts


def _describe_lack(listing: Listing, has_it: Ints, splits: Mapping[str, Ints], split: str, draw: Draw) -> str:
    """Say that the masks of a two-class split show no foreground, how many of the others do, and what to do."""
    name = printable(listing.classes[FOREGROUND])
    held = ", ".join(f"{each} {_share(has_it, splits[each])} of {len(splits[each])}" for each in SPLITS)
    lack = f"the {split} split cannot be scored: no mask has a pixel of {name!r}, whose IoU is the score"
    return f"{lack} (masks that have: {held}); {_advise(listing, has_it, draw)}"


def _advise(listing: Listing, has_it: Ints, draw: Draw) -> str:
    if len(has_it) < len(SPLITS):
        return f"at least {len(SPLITS)} images must show it, one for each split"
    by_hand = "make train/, val/ and test/ yourself, with images that show it in each"
    if {"validation", "test"} <= listing.splits.keys():
        return "move images that show it into that split"
    seeds = range(1, MAX_SEEDS + 1)
    found = next((seed for seed in seeds if all(_share(has_it, part) for part in draw(seed).values())), None)
    return by_hand if found is None else f"split_seed: {found} draws splits that have it, or {by_hand}"


def _share(has_it: Ints, positions: Ints) -> int:
    """Return how many of the positions are among those that have it."""
    return int(np.isin(positions, has_it).sum())

"""The splits that a data set does not bring along, drawn by a seed, in equal shares of every class."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from ..sources.listing import Ints, Listing

FROM_VALIDATION = 50
FROM_TRAIN = 20
"""Percent of val/, or without one of train/, that become the test split where the option leaves it open."""
SPLITS = ("train", "validation", "test")


def complete(
    listing: Listing, strata: Ints, *, validation: int, test: int, seed: int
) -> tuple[dict[str, Ints], dict[str, str]]:
    """Positions of the three splits, and where each comes from, in words.

    Without a test split it is drawn from the validation split, or from the training images where there is
    neither; without a validation split that is drawn from the training images.
    """
    parts, places = dict(listing.given), dict(listing.places)
    if "test" not in parts:
        source = "validation" if "validation" in parts else "train"
        percent = test or (FROM_VALIDATION if source == "validation" else FROM_TRAIN)
        _move(listing, parts, places, strata, source, "test", percent, seed)
    if "validation" not in parts:
        _move(listing, parts, places, strata, "train", "validation", validation, seed)
    return {split: parts[split] for split in SPLITS}, {split: places[split] for split in SPLITS}


def _move(
    listing: Listing,
    parts: dict[str, Ints],
    places: dict[str, str],
    strata: Ints,
    source: str,
    split: str,
    percent: int,
    seed: int,
) -> None:
    drawn = draw(parts[source], strata[parts[source]], listing.names, percent=percent, seed=seed, split=split)
    parts[split] = drawn
    parts[source] = np.setdiff1d(parts[source], drawn)
    places[split] = f"{percent} % of {listing.places[source]}, drawn by seed {seed} in every class"
    places[source] = f"the rest of {listing.places[source]}"


def draw(positions: Ints, strata: Ints, names: Sequence[str], *, percent: int, seed: int, split: str) -> Ints:
    """`percent` of each stratum, at least one of two, ascending; which ones depends on seed and names alone."""
    chosen: list[int] = []
    for stratum in np.unique(strata):
        members = sorted(
            positions[strata == stratum].tolist(),
            key=lambda position: hashlib.sha256(f"{split} {seed} {names[position]!r}".encode()).digest(),
        )
        chosen += members[: max(round(len(members) * percent / 100), int(len(members) > 1))]
    return np.array(sorted(chosen), np.int64)

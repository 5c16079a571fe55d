"""Draw the splits that a data set does not provide: by a seed, with equal shares of every class."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np

from ..sources.listing import SPLITS, Ints, Listing

TEST_PERCENT_OF_VALIDATION = 50
TEST_PERCENT_OF_TRAIN = 20
"""Percent of val/, or without one of train/, that become the test split where the option leaves it open."""


def complete_splits(
    listing: Listing, strata: Ints, *, validation: int, test: int, seed: int
) -> tuple[dict[str, Ints], dict[str, str]]:
    """Return the positions of all three splits, and where each comes from, for messages.

    A missing test split is drawn from the validation split, or from the training images where there is neither;
    after that, a missing validation split is drawn from the training images. strata (N,): the class of each example;
    validation and test: percent, test 0 for the
    default.
    """
    splits, origins = dict(listing.splits), dict(listing.origins)
    has_validation = "validation" in splits
    default = TEST_PERCENT_OF_VALIDATION if has_validation else TEST_PERCENT_OF_TRAIN
    percents = {"test": test or default, "validation": validation}
    for split, percent in percents.items():
        if split in splits:
            continue
        source = "validation" if split == "test" and has_validation else "train"
        drawn = draw_positions(
            splits[source], strata[splits[source]], listing.names, percent=percent, seed=seed, split=split
        )
        splits |= {split: drawn, source: np.setdiff1d(splits[source], drawn)}
        origins[split] = f"{percent} % of {listing.origins[source]}, drawn by seed {seed} from every class"
        origins[source] = f"the rest of {listing.origins[source]}"
    return {split: splits[split] for split in SPLITS}, {split: origins[split] for split in SPLITS}


def draw_positions(
    positions: Ints, strata: Ints, names: Sequence[str], *, percent: int, seed: int, split: str
) -> Ints:
    """Draw `percent` of each stratum, at least one of two, in ascending order.

    The choice depends on the seed and the names alone, so other files do not change it.
    """
    drawn: list[int] = []
    for stratum in np.unique(strata):
        members = sorted(
            positions[strata == stratum].tolist(),
            key=lambda position: hashlib.sha256(f"{split} {seed} {names[position]!r}".encode()).digest(),
        )
        drawn += members[: max(round(len(members) * percent / 100), int(len(members) > 1))]
    return np.array(sorted(drawn), np.int64)

"""The splits that a data set does not provide."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from datasets.preparation.split import complete_splits, draw_positions
from datasets.sources.folder_layout import FolderReader
from datasets.sources.listing import Ints, Listing

NAMES = [f"{number}.png" for number in range(40)]


def make_listing(splits: Mapping[str, Sequence[int]]) -> Listing:
    return Listing(
        reader=FolderReader([]),
        names=NAMES,
        labels=np.arange(40) % 2,
        splits={split: np.array(positions) for split, positions in splits.items()},
        classes=("even", "odd"),
        origins={split: f"{split}/" for split in splits},
    )


def complete(splits: Mapping[str, Sequence[int]], *, test: int = 0) -> tuple[dict[str, Ints], dict[str, str]]:
    listing = make_listing(splits)
    return complete_splits(listing, listing.labels, validation=10, test=test, seed=3)


def test_half_of_the_validation_split_becomes_the_test_split() -> None:
    splits, origins = complete({"train": range(20), "validation": range(20, 40)})
    assert [len(splits[split]) for split in ("train", "validation", "test")] == [20, 10, 10]
    assert sorted([*splits["validation"], *splits["test"]]) == list(range(20, 40))
    assert origins["test"] == "50 % of validation/, drawn by seed 3 from every class"
    assert origins["validation"] == "the rest of validation/"


def test_without_any_split_test_and_validation_are_drawn_from_the_training_images() -> None:
    splits, origins = complete({"train": range(40)})
    assert {split: len(positions) for split, positions in splits.items()} == {
        "train": 28,
        "validation": 4,
        "test": 8,
    }
    assert sorted(np.concatenate(list(splits.values()))) == list(range(40))
    assert origins["test"].startswith("20 % of train/")
    assert origins["validation"].startswith("10 % of train/")
    assert all((positions % 2).mean() == 0.5 for positions in splits.values())


def test_the_percentage_of_the_test_split_can_be_chosen() -> None:
    assert len(complete({"train": range(40)}, test=50)[0]["test"]) == 20


def test_splits_that_the_data_provide_are_left_alone() -> None:
    given = {"train": range(20), "validation": range(20, 30), "test": range(30, 40)}
    splits, origins = complete(given)
    assert {split: positions.tolist() for split, positions in splits.items()} == {
        split: list(positions) for split, positions in given.items()
    }
    assert origins == {split: f"{split}/" for split in given}


def test_the_names_with_the_smallest_hashes_are_drawn() -> None:
    def rank(position: int) -> bytes:
        return hashlib.sha256(f"test 7 {NAMES[position]!r}".encode()).digest()

    drawn = draw_positions(np.arange(40), np.zeros(40, np.int64), NAMES, percent=25, seed=7, split="test")
    assert drawn.tolist() == sorted(sorted(range(40), key=rank)[:10])


@pytest.mark.parametrize(("members", "expected"), [(1, 0), (2, 1), (3, 1), (40, 4)])
def test_at_least_one_of_two_members_of_a_class_is_drawn(members: int, expected: int) -> None:
    strata = np.zeros(members, np.int64)
    drawn = draw_positions(np.arange(members), strata, NAMES, percent=10, seed=0, split="test")
    assert len(drawn) == expected

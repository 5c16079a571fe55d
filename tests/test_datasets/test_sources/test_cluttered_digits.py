"""Cluttered digits: splits, masks, bits and speed."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import numpy as np
import pytest

from datasets import catalog
from datasets.sources import cluttered_digits
from datasets.sources.listing import SPLITS

SMALL = {"train": 96, "validation": 32, "test": 32}


def scenes(**given: int | str) -> dict[str, np.ndarray[Any, Any]]:
    return dict(cluttered_digits.make_arrays(catalog.resolve("cluttered_digits", {**SMALL, **given})))


def test_the_splits_draw_from_disjoint_source_digits_of_every_class() -> None:
    pools = [set(cluttered_digits.source_digits(split).tolist()) for split in SPLITS]
    assert sum(len(pool) for pool in pools) == len(set.union(*pools)) == 1797
    labels = cluttered_digits._load_digits()[1]
    assert all(set(labels[list(pool)].tolist()) == set(range(10)) for pool in pools)


def test_a_seed_fixes_every_bit_and_another_moves_them() -> None:
    once, again, other = scenes(), scenes(), scenes(seed=1)
    assert all(np.array_equal(once[name], again[name]) for name in once)
    assert not np.array_equal(once["train_images"], other["train_images"])


def test_the_bits_are_the_same_on_every_machine() -> None:
    made = scenes(size=40, smallest=12, largest=20, clutter=3, fragment=5, noise=50, mask="multiclass")
    digest = hashlib.sha256(b"".join(made[name].tobytes() for name in sorted(made))).hexdigest()
    assert digest[:16] == "103b077e442b572c"


def test_without_clutter_and_noise_all_ink_lies_around_the_mask() -> None:
    made = scenes(clutter=0, noise=0)
    images, masks = made["train_images"][:, 0], made["train_masks"]
    assert images[masks == 0].mean() < 10 < 60 < images[masks == 1].min() + 30
    assert (images[masks == 1] > 0).all()
    heights = [np.ptp(np.flatnonzero(mask.any(1))) + 1 for mask in masks]
    assert min(heights) >= 12
    assert max(heights) <= 32


def test_fragments_and_noise_leave_the_mask_alone() -> None:
    plain, rich = scenes(clutter=0, noise=0), scenes(clutter=6, noise=0)
    kept = slice(0, 1)  # the target of the first chunk is drawn before its fragments are
    assert np.array_equal(plain["train_masks"][kept], rich["train_masks"][kept])
    assert (rich["train_images"] > 0).sum() > 1.3 * (plain["train_images"] > 0).sum()


def test_the_multiclass_mask_shows_the_label_on_the_digit() -> None:
    binary, many = scenes(), scenes(mask="multiclass")
    labels = many["train_labels"]
    assert np.array_equal(many["train_masks"].max((1, 2)), labels + 1)
    assert np.array_equal(many["train_masks"] > 0, binary["train_masks"] > 0)
    options = catalog.resolve("cluttered_digits", {"mask": "multiclass"})
    assert cluttered_digits.class_names(options, "segmentation") == ("background", *"0123456789")


def test_places_and_classes_are_spread_over_the_scene() -> None:
    made = scenes(train=2000)
    shown = made["train_masks"].mean(0)
    assert shown[12:36, 12:36].min() > 0.05
    assert np.bincount(made["train_labels"], minlength=10).min() > 140


def test_enlarging_keeps_a_flat_patch_flat_and_its_own_size_exact() -> None:
    flat = np.full((1, 4, 4), 8, np.uint8)
    assert np.unique(cluttered_digits._upsample(flat, 13)).tolist() == [8 * 255 // 16]
    ramp = np.arange(16, dtype=np.uint8).reshape(1, 4, 4)
    assert np.array_equal(cluttered_digits._upsample(ramp, 4)[0], np.arange(16).reshape(4, 4) * 255 // 16)


@pytest.mark.parametrize(
    "given", [{"fragment": 8}, {"fragment": 1, "smallest": 8}, {"size": 32, "largest": 32}]
)
def test_the_ends_of_the_domains_work(given: dict[str, int | str]) -> None:
    assert scenes(**given)["test_images"].any()


def test_twelve_thousand_scenes_take_seconds() -> None:
    start = time.process_time()
    scenes(train=12000)
    assert time.process_time() - start < 10

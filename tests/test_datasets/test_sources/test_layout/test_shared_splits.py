"""Splits of the images alone, or of the masks alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.layout.name_pairs import Key
from datasets.sources.layout.shared_splits import share_splits, without_splits
from user_error import UserError


def files(*keys: tuple[str | None, str]) -> dict[Key, Path]:
    return {(split, ("x",), stem): Path(f"{stem}.png") for split, stem in keys}


def test_masks_get_the_splits_of_their_images_and_the_rest_keep_none() -> None:
    images = files(("train", "a"), ("test", "b"))
    masks = files((None, "b_m"), (None, "a_m"), (None, "c_m"))
    moved = share_splits(images, masks, "_m")
    assert moved == (images, files(("test", "b_m"), ("train", "a_m"), (None, "c_m")))
    assert list(moved[0]) == list(images)


def test_images_get_the_splits_of_their_masks_in_their_own_order() -> None:
    images = files((None, "b"), (None, "a"), (None, "c"))
    masks = files(("train", "a_m"), ("test", "b_m"))
    moved, unchanged = share_splits(images, masks, "_m")
    assert list(moved.items()) == list(files(("test", "b"), ("train", "a"), (None, "c")).items())
    assert unchanged == masks


def test_where_both_or_none_have_splits_nothing_changes() -> None:
    for split in ("train", None):
        images, masks = files((split, "a")), files((split, "a"))
        assert share_splits(images, masks, "") == (images, masks)


def test_a_mask_of_two_splits_is_an_error() -> None:
    images = files(("train", "a"), ("test", "a"))
    with pytest.raises(UserError, match=r"a\.png: belongs to two splits, train and test"):
        share_splits(images, files((None, "a")), "")


def test_keys_without_splits() -> None:
    assert without_splits(files(("train", "a"), ("test", "a"))) == {(None, ("x",), "a")}

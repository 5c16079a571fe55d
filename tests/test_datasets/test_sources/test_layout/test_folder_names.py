"""What the names of folders say."""

from __future__ import annotations

import pytest

from datasets.sources.layout.folder_names import exact_split, plain_split, read_name


@pytest.mark.parametrize(
    ("name", "split", "role", "rest"),
    [
        ("train", "train", None, ()),
        ("Testing", "test", None, ()),
        ("VALID", "validation", None, ()),
        ("seg_train", "train", "masks", ()),
        ("train2017", "train", None, ()),
        ("trainannot", "train", "masks", ()),
        ("trainMasks", "train", "masks", ()),
        ("Test Images", "test", "images", ()),
        ("imagesTr", "train", "images", ()),
        ("labelsTs", "test", "masks", ()),
        ("img_dir", None, "images", ()),
        ("JPEGImages", None, "images", ()),
        ("leftImg8bit", None, "images", ()),
        ("SegmentationClass", None, "masks", ()),
        ("SegmentationObject", None, "masks", ("object",)),
        ("Ground_Truth", None, "masks", ()),
        ("GroundTruth", None, "masks", ()),
        ("image_masks", None, "masks", ()),
        ("with_mask", None, "masks", ("with",)),
        ("train_station", "train", None, ("station",)),
        ("ISIC2018_Task1_Training_GroundTruth", "train", "masks", ("isic", "task")),
        ("trains", None, None, ("trains",)),
        ("contest", None, None, ("contest",)),
        ("tr", None, None, ("tr",)),
        ("test_train", None, None, ()),
        ("train_val", "train", None, ()),
        ("Bäume", None, None, ("bäume",)),
    ],
)
def test_a_name_is_read_word_by_word(
    name: str, split: str | None, role: str | None, rest: tuple[str, ...]
) -> None:
    read = read_name(name)
    assert (read.split, read.role, read.rest) == (split, role, rest)


@pytest.mark.parametrize(
    ("name", "exact", "plain"),
    [
        ("Train", "train", "train"),
        ("train_set", None, "train"),
        ("test1", None, "test"),
        ("seg_test", None, "test"),
        ("train_station", None, None),
        ("cat", None, None),
    ],
)
def test_a_split_is_a_whole_name_or_has_only_words_that_change_nothing(
    name: str, exact: str | None, plain: str | None
) -> None:
    assert (exact_split(name), plain_split(name)) == (exact, plain)


def test_names_are_alike_if_all_words_but_that_of_the_split_are() -> None:
    assert read_name("seg_train").decoration == read_name("seg-Test").decoration == ("seg",)
    assert read_name("train_station").decoration != read_name("test_tube").decoration

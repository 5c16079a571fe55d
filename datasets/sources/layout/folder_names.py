"""What the names of folders say: a split, pictures or masks, or anything else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

SPLIT_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("training", "train", "trainval", "trn"), "train"),
    **dict.fromkeys(("validation", "valid", "val"), "validation"),
    **dict.fromkeys(("testing", "test", "tst"), "test"),
}
"""The words that name a split, and the split."""
UNCLEAR_SPLITS = frozenset({"dev", "development", "eval", "evaluation", "holdout"})
"""Words that name the validation split in some data sets and the test split in others."""
IMAGES, MASKS = "images", "masks"
IMAGE_WORDS = frozenset(
    (
        *("image", "images", "img", "imgs", "picture", "pictures", "photo", "photos"),
        *("frame", "frames", "input", "inputs", "original", "originals", "rgb"),
    )
)
MASK_WORDS = frozenset(
    (
        *("mask", "masks", "label", "labels", "ann", "anns", "annot", "annots", "annotation", "annotations"),
        *("gt", "gts", "truth", "groundtruth", "seg", "segs", "segmentation", "segmentations", "segm"),
        *("semantic", "target", "targets", "trimap", "trimaps", "lbl", "lbls", "msk", "msks"),
    )
)
NEUTRAL_WORDS = frozenset(
    (
        *("data", "dataset", "dir", "dirs", "file", "files", "folder", "folders", "set", "sets", "split"),
        *("jpeg", "jpg", "png", "left", "bit", "fine", "ground", "class", "raw", "aug", "img"),
    )
)
"""Words that change nothing beside a word of a split, of pictures or of masks."""
_SHORT_SPLITS: Mapping[str, str] = {"tr": "train", "ts": "test"}
"""What names a split only beside a word for images or masks: imagesTr, labelsTs."""
_GLUED = re.compile(
    rf"({'|'.join(sorted(SPLIT_WORDS.keys() | UNCLEAR_SPLITS, key=len, reverse=True))})"
    rf"({'|'.join(sorted(IMAGE_WORDS | MASK_WORDS | NEUTRAL_WORDS, key=len, reverse=True))})"
)

MIN_REST = 3
"""A split is found in front of an unknown word of at least this many letters: not in trains and tests."""
_BEFORE_WORD = re.compile(
    rf"(?i)({'|'.join(sorted(SPLIT_WORDS, key=len, reverse=True))})([^\W\d_]{{{MIN_REST},}}.*)"
)


class FolderName(NamedTuple):
    """What one folder's name says.

    split: "train", "validation", "test" or None; role: `IMAGES`, `MASKS` or None; rest: the words that say neither,
    without numbers and without the words that change nothing; decoration: all words but that of the split.
    """

    split: str | None
    role: str | None
    rest: tuple[str, ...]
    decoration: tuple[str, ...]


def read_name(name: str) -> FolderName:
    """Return what a folder's name says: `seg_train`, `trainMasks`, `img_dir` and `testannot` are understood."""
    words = split_words(name)
    role = MASKS if MASK_WORDS & set(words) else IMAGES if IMAGE_WORDS & set(words) else None
    words = [_SHORT_SPLITS.get(word, word) for word in words] if role else words
    splits = {SPLIT_WORDS[word] for word in words if word in SPLIT_WORDS}
    splits -= (
        {"validation"} if splits == {"train", "validation"} else set()
    )  # train_val holds both: drawn from
    known = SPLIT_WORDS.keys() | IMAGE_WORDS | MASK_WORDS | NEUTRAL_WORDS
    return FolderName(
        split=splits.pop() if len(splits) == 1 else None,
        role=role,
        rest=tuple(word for word in words if word not in known and not word.isdigit()),
        decoration=tuple(word for word in words if word not in SPLIT_WORDS),
    )


def exact_split(name: str) -> str | None:
    """Return the split that the whole name is a word for, in upper or lower case."""
    return SPLIT_WORDS.get(name.casefold())


def plain_split(name: str) -> str | None:
    """Return the split that a name says with no other word in it: `train`, `Train2017`, `test_set`, `val_images`."""
    read = read_name(name)
    return None if read.rest else read.split


def split_words(name: str) -> list[str]:
    """Split at signs, numbers and capitals: 'leftImg8bit' is left, img, 8, bit; 'trainannot' is train, annot."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    words: list[str] = []
    for word in re.findall(r"[^\W\d_]+|\d+", spaced):
        glued = _GLUED.fullmatch(word.casefold())
        words += glued.groups() if glued else (word.casefold(),)
    return words


def read_names(names: Iterable[str]) -> dict[str, FolderName]:
    """Return what each name says; `traincrop` is a train split where `testcrop` or `valcrop` is beside it."""
    read = {name: read_name(name) for name in names}
    glued = {name: parts for name in read if (parts := _separate(name)) and not read[name].split}
    alike = find_alike(glued.values())
    return read | {name: parts for name, parts in glued.items() if parts.decoration in alike}


def find_alike(names: Iterable[FolderName]) -> set[tuple[str, ...]]:
    """Return the decorations that a name of the train split and one of another split have in common."""
    splits: dict[tuple[str, ...], set[str]] = {}
    for name in names:
        if name.split:
            splits.setdefault(name.decoration, set()).add(name.split)
    return {decoration for decoration, found in splits.items() if "train" in found and len(found) > 1}


def _separate(name: str) -> FolderName | None:
    """Return what a name says if a sign stood after the split that it begins with."""
    found = _BEFORE_WORD.fullmatch(name)
    return read_name("_".join(found.groups())) if found else None

"""Which splits are refused because nothing could be scored on them, and whether the advice works."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from datasets import catalog
from tests.test_datasets.load_folder import load, prepare
from tests.test_datasets.own_data import mask, picture

NOTHING = np.zeros((10, 12), np.uint8)
IGNORED = np.full((10, 12), 255, np.uint8)


def spot(value: int = 1) -> np.ndarray:
    values = NOTHING.copy()
    values[4, 5] = value
    return values


def one_folder(root: Path, masks: dict[int, np.ndarray], count: int = 24) -> Path:
    """Images and masks without splits; masks that are not given show nothing."""
    for number in range(count):
        picture(root / "images" / f"{number}.png", number)
        mask(root / "masks" / f"{number}.png", masks.get(number, NOTHING))
    return root


def own_splits(root: Path, masks: dict[str, list[np.ndarray]]) -> Path:
    for at, (split, values) in enumerate(masks.items()):
        for number, each in enumerate(values):
            picture(root / split / "images" / f"{number}.png", 100 * at + number)
            mask(root / split / "masks" / f"{number}.png", each)
    return root


def problems(root: Path, cache: Path, **options: str | int) -> tuple[str, ...]:
    given = {"root": str(root), **options}
    return catalog.prepare("mask_folder", "segmentation", given, cache=cache).report.problems


def test_a_foreground_too_rare_for_three_splits_is_refused_with_its_counts(tmp_path: Path) -> None:
    root = one_folder(tmp_path / "d", {3: spot(), 7: spot()})
    report = catalog.prepare("mask_folder", "segmentation", {"root": str(root)}, cache=tmp_path).report
    lacking = [re.match(r"the (\w+) split cannot be scored", each) for each in report.problems]
    assert all(lacking)
    assert "no mask has a pixel of 'class 1', whose IoU is the score" in report.problems[0]
    held = re.search(r"train (\d+) of 17, validation (\d+) of 2, test (\d+) of 5", report.problems[0])
    assert held is not None
    assert sum(map(int, held.groups())) == 2
    assert report.problems[0].endswith("at least 3 images must show it, one for each split")


def test_the_split_seed_that_is_advised_works(tmp_path: Path) -> None:
    root = one_folder(tmp_path / "d", {number: spot() for number in range(4)})
    lacking = [seed for seed in range(6) if problems(root, tmp_path, split_seed=seed)]
    assert lacking
    for seed in lacking:
        found = re.search(r"split_seed: (\d+) draws splits", problems(root, tmp_path, split_seed=seed)[0])
        assert found is not None
        assert problems(root, tmp_path, split_seed=int(found[1])) == ()
        splits = load(
            catalog.prepare(
                "mask_folder",
                "segmentation",
                {"root": str(root), "split_seed": int(found[1])},
                cache=tmp_path,
            ),
            tmp_path,
            "mask_folder",
        )
        assert all((part.targets[:] == 1).any() for part in (splits.train, splits.validation, splits.test))


@pytest.mark.parametrize("split", ["train", "val", "test"])
def test_of_own_splits_the_one_without_foreground_is_named(split: str, tmp_path: Path) -> None:
    masks = {
        each: [NOTHING, *([] if each == split else [spot(), spot()])] for each in ("train", "val", "test")
    }
    root = own_splits(tmp_path / "d", masks)
    (text,) = problems(root, tmp_path, classes="ground, thing")
    assert text.startswith(
        f"the {'validation' if split == 'val' else split} split cannot be scored: no mask has a"
    )
    assert "'thing'" in text
    assert text.endswith("move images that show it into that split")


@pytest.mark.parametrize("split", ["train", "val"])
def test_a_split_of_ignored_pixels_is_refused(split: str, tmp_path: Path) -> None:
    some = [spot(1), spot(2)]
    masks = {each: [IGNORED, IGNORED] if each == split else some for each in ("train", "val", "test")}
    root = own_splits(tmp_path / "d", masks)
    (text,) = problems(root, tmp_path, ignore=255)
    name = "validation" if split == "val" else split
    assert text == f"the {name} split cannot be scored: every pixel of its 2 masks is ignored"


def test_single_masks_of_ignored_pixels_are_a_warning(tmp_path: Path) -> None:
    masks = {each: [spot(), IGNORED] for each in ("train", "val", "test")}
    report = prepare(own_splits(tmp_path / "d", masks), tmp_path, ignore=255).report
    assert report.problems == ()
    (warning,) = [text for text in report.warnings if "ignored" in text]
    assert warning == (
        "masks of which every pixel is ignored: train/images/1.png, val/images/1.png, test/images/1.png"
    )


def test_with_more_classes_a_missing_one_is_a_warning(tmp_path: Path) -> None:
    masks = {"train": [spot(1), spot(2)], "val": [spot(1), NOTHING], "test": [spot(2), NOTHING]}
    report = prepare(own_splits(tmp_path / "d", masks), tmp_path).report
    assert report.problems == ()
    assert "classes missing from the validation split: class 2" in report.warnings
    assert "classes missing from the test split: class 1" in report.warnings


def test_a_split_that_shows_only_one_of_several_classes_is_a_warning(tmp_path: Path) -> None:
    masks = {"train": [spot(1), spot(2)], "val": [NOTHING, NOTHING], "test": [spot(2), NOTHING]}
    report = prepare(own_splits(tmp_path / "d", masks), tmp_path).report
    assert report.problems == ()
    (text,) = [text for text in report.warnings if "shows only" in text]
    assert text == "the validation split shows only 'class 0': its score says nothing of the other classes"


def test_a_foreground_that_is_ignored_is_one_problem_for_all_splits(tmp_path: Path) -> None:
    masks = {each: [spot(1), spot(1)] for each in ("train", "val", "test")}
    root = own_splits(tmp_path / "d", masks)
    found = problems(root, tmp_path, classes="ground, thing", ignore=1)
    assert [text.split(":")[0] for text in found] == ["with ignore"]
    assert "only class ground is left" in found[0]

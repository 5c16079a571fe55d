"""The data check: what a folder is taken for, which options it takes, and the line for a study file."""

from pathlib import Path

import numpy as np
import pytest

from experiments.planning.data_check import check_data, guess_dataset
from tests.test_datasets.own_data import image_folder, mask, mask_folder, picture
from user_error import UserError


def test_a_folder_with_masks_beside_images_is_a_mask_folder(tmp_path: Path) -> None:
    assert guess_dataset(mask_folder(tmp_path / "masks")) == "mask_folder"
    assert guess_dataset(image_folder(tmp_path / "images")) == "image_folder"
    for name in ("images", "masks"):
        (tmp_path / "flat" / name).mkdir(parents=True)
    assert guess_dataset(tmp_path / "flat") == "mask_folder"


def test_a_sound_folder_has_facts_a_content_hash_and_a_line_for_a_study(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "d")
    headline, report = check_data(str(root), ["dataset.options.size=32"], None, tmp_path / "cache")
    assert headline == f"{root}: classification, data set image_folder"
    assert list(report.problems) == []
    *_, content, line = report.facts
    assert len(content.removeprefix("content: ")) == 64
    assert line == f'in a study: dataset: {{name: image_folder, options: {{size: 32, root: "{root}"}}}}'


def test_the_layout_that_was_taken_is_told(tmp_path: Path) -> None:
    _, report = check_data(str(image_folder(tmp_path / "d")), [], None, tmp_path / "cache")
    said = "layout: classes by folder, splits by name (train: train/<class>/*, validation: val/<class>/*)"
    assert said in report.facts
    _, report = check_data(str(mask_folder(tmp_path / "e")), [], None, tmp_path / "cache")
    assert any(
        fact.startswith("layout: images and masks paired by equal names, splits by name (train: images")
        for fact in report.facts
    )


def test_a_suffix_of_masks_makes_a_folder_images_with_masks(tmp_path: Path) -> None:
    for number in range(10):
        picture(tmp_path / "d" / f"{number}.png", number)
        mask(tmp_path / "d" / f"{number}_lesion.png")
    headline, report = check_data(str(tmp_path / "d"), ["mask_suffix=_lesion"], None, tmp_path / "cache")
    assert headline.endswith("segmentation, data set mask_folder")
    assert report.problems == ()
    assert 'options: {mask_suffix: "_lesion", root: ' in report.facts[-1]


def test_the_task_chooses_between_classes_and_masks(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "d")
    headline, _ = check_data(str(root), [], "classification", tmp_path / "cache")
    assert headline.endswith("classification, data set image_folder")
    with pytest.raises(
        UserError, match=r"no folder of masks \(seen: .*; the layout is images/x\.jpg, masks/x\.png"
    ):
        check_data(str(root), [], "segmentation", tmp_path / "cache")
    with pytest.raises(
        UserError, match=r"images and their masks, not class folders .* use the data set `mask_folder`"
    ):
        check_data(str(mask_folder(tmp_path / "e")), [], "classification", tmp_path / "cache")


def test_made_data_have_nothing_to_check(tmp_path: Path) -> None:
    headline, report = check_data("cluttered_digits", [], "segmentation", tmp_path)
    assert headline == "cluttered_digits: segmentation, data set cluttered_digits"
    assert report.facts[-2:] == (
        "made in memory: nothing to check",
        "in a study: dataset: {name: cluttered_digits}",
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["size"], "--set size: write OPTION=VALUE, such as size=224"),
        (["=3"], "--set =3: write OPTION=VALUE"),
        (["size=[1]"], r"--set size=\[1\]: the value must be a number or text"),
    ],
)
def test_options_that_cannot_be_read_are_refused(changes: list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=message):
        check_data(str(image_folder(tmp_path / "d")), changes, None, tmp_path / "cache")


def test_a_missing_folder_is_refused_with_the_nearest_data_set(tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match="no such folder, and no data set of this name; did you mean 'cifar10'"
    ):
        check_data("cifar11", [], None, tmp_path)


def small_objects(root: Path, where: tuple[slice, slice]) -> Path:
    """Make 4 images (48,96) of each split, whose masks have a square of class 1 in the place given."""
    values = np.zeros((48, 96), np.uint8)
    values[where] = 1
    for at, split in enumerate(("train", "val", "test")):
        for number in range(4):
            picture(root / split / "images" / f"{number}.png", 10 * at + number, size=(96, 48))
            mask(root / split / "masks" / f"{number}.png", values)
    return root


@pytest.mark.parametrize(
    ("where", "options", "gone"),
    [
        ((slice(7, 8), slice(7, 8)), ["size=16"], "16x16"),
        ((slice(7, 8), slice(7, 8)), [], ""),
        ((slice(7, 8), slice(7, 8)), ["size=48x96"], ""),
        ((slice(0, 48), slice(0, 4)), ["size=48", "fit=crop"], "48x48"),
        ((slice(0, 48), slice(0, 4)), ["size=48"], ""),
    ],
)
def test_masks_are_looked_at_as_networks_see_them_and_nothing_is_decoded_into_the_cache(
    where: tuple[slice, slice], options: list[str], gone: str, tmp_path: Path
) -> None:
    root = small_objects(tmp_path / "d", where)
    _, report = check_data(str(root), options, None, tmp_path / "cache")
    assert report.problems == tuple(
        f"the {split} split cannot be scored: at {gone} pixels none of its 4 masks has a pixel of 'class 1', whose "
        "IoU is the score; set a larger dataset.options.size (fit: crop may also cut it off)"
        for split in ("train", "validation", "test")
        if gone
    )
    assert any(fact.startswith("content: ") for fact in report.facts) is not bool(gone)
    assert list((tmp_path / "cache").glob("index-*"))
    assert not list((tmp_path / "cache").glob("pixels-*"))


def test_three_classes_of_which_one_is_left_at_a_size_are_a_warning(tmp_path: Path) -> None:
    root = small_objects(tmp_path / "d", (slice(7, 8), slice(7, 8)))
    options = ["classes=a, b, c", "size=16"]
    _, report = check_data(str(root), options, None, tmp_path / "cache")
    assert report.problems == ()
    assert [text for text in report.warnings if "shows only" in text] == [
        f"the {split} split shows only 'a' at 16x16 pixels: its score says nothing of the other classes"
        for split in ("train", "validation", "test")
    ]

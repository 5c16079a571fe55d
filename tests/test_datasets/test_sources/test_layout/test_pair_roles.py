"""What each folder is: images or masks, of which split."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.layout.folder_tree import Folder, read_folder
from datasets.sources.layout.pair_roles import find_pair_base, keep_one_role, place_folders
from tests.test_datasets.layouts import expand
from user_error import UserError


def tree(root: Path, *folders: str) -> Folder:
    for folder in (name for each in folders for name in expand(each)):
        (root / folder).mkdir(parents=True)
        (root / folder / "1.png").touch()
    return read_folder(root, [])


@pytest.mark.parametrize(
    ("folder", "split", "role", "others", "place"),
    [
        ("train/images", "train", "images", (), "train/"),
        ("masks/val", "validation", "masks", (), "masks/val/"),
        ("train/train/images", "train", "images", (), "train/"),
        ("train_masks", "train", "masks", (), "train_masks/"),
        ("images/original", None, "images", ("original",), "all images"),
        ("masks/original", None, "masks", ("original",), "all images"),
        ("seg_train/images", "train", "images", (), "seg_train/"),
        ("images/val/train_station/1", "validation", "images", ("train_station", "1"), "images/val/"),
        ("overlays", None, None, ("overlays",), "all images"),
    ],
)
def test_a_folder_is_placed_by_the_names_on_its_path(
    folder: str, split: str | None, role: str | None, others: tuple[str, ...], place: str, tmp_path: Path
) -> None:
    (placed,) = place_folders(tree(tmp_path, folder))
    assert (placed.split, placed.role, placed.others, placed.place) == (split, role, others, place)


def test_other_words_are_passed_over_only_if_read_loosely(tmp_path: Path) -> None:
    base = tree(tmp_path, "ISIC_Training_Input")
    assert place_folders(base)[0].role is None
    loose = place_folders(base, loose=True)[0]
    assert (loose.split, loose.role) == ("train", "images")


def test_two_splits_on_one_path_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="two splits on one path, train/images/test/; the layout is"):
        place_folders(tree(tmp_path, "train/images/test"))


def test_images_and_masks_by_these_names_come_before_others(tmp_path: Path) -> None:
    warnings: list[str] = []
    kept = keep_one_role(place_folders(tree(tmp_path, "{images,imgs,labels,masks,x}")), warnings)
    assert [each.role_name for each in kept] == ["images", "masks"]
    assert warnings == ["other folders of images and masks, left out: imgs/, labels/"]


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        ("{img,gt,labels}", "gt/, labels/ may all hold the masks; keep one, or call it masks/"),
        ("{train,training}/images", "train/ and training/ are both its train split; keep one"),
    ],
)
def test_two_folders_of_one_role_are_an_error(folders: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        keep_one_role(place_folders(tree(tmp_path, folders)), [])


@pytest.mark.parametrize(
    ("folders", "base"),
    [
        ("a/b/{images,masks}", "a/b"),
        ("train/{images,masks}", "."),
        ("train/{train,val}/{images,masks}", "train"),
        ("images/{a,b}", "."),
        ("{a,b}/images", "."),
    ],
)
def test_a_folder_around_everything_is_passed_over(folders: str, base: str, tmp_path: Path) -> None:
    assert find_pair_base(tree(tmp_path, folders)).path == (tmp_path / base)

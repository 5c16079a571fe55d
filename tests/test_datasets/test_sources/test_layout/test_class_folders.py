"""Which folders are classes."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.layout.class_folders import find_base, find_class_folders
from datasets.sources.layout.class_levels import find_levels_below
from datasets.sources.layout.folder_tree import read_folder
from tests.test_datasets.layouts import Layout, make
from user_error import UserError


def found_classes(root: Path, *files: str, chosen: tuple[str, ...] = ()) -> dict[str, dict[str, str]]:
    """Return the path of each class folder by split and class."""
    make(Layout("", files), root)
    found = find_class_folders(read_folder(root, []), chosen)
    return {
        split: {name: str(folder.path.relative_to(root)) for name, folder in folders.items()}
        for split, folders in found.splits.items()
    }


def test_each_split_is_passed_down_to_its_class_folders(tmp_path: Path) -> None:
    files = ("{Train,test}/deeper/still/{a,b}/1.png",)
    assert found_classes(tmp_path / "d", *files) == {
        "train": {"a": "Train/deeper/still/a", "b": "Train/deeper/still/b"},
        "test": {"a": "test/deeper/still/a", "b": "test/deeper/still/b"},
    }


@pytest.mark.parametrize(
    ("files", "base"),
    [
        ("train/{train,val}/{a,b}/1.png", "train"),
        ("train/{train,bus}/1.png", "."),
        ("data/{train,val}/{a,b}/1.png", "data"),
        ("cat/{young,old}/1.png", "cat"),
        ("cat/1.png", "."),
    ],
)
def test_a_folder_around_everything_is_passed_over(files: str, base: str, tmp_path: Path) -> None:
    root = make(Layout("", [files]), tmp_path / "d")
    assert find_base(read_folder(root, [])).path == root / base


def test_a_split_of_one_class_is_no_wrapper(tmp_path: Path) -> None:
    files = ("train/{a,b}/day/1.png", "val/a/day/1.png")
    assert found_classes(tmp_path / "d", *files) == {
        "train": {"a": "train/a", "b": "train/b"},
        "validation": {"a": "val/a"},
    }


def test_the_user_s_classes_decide_between_two_levels(tmp_path: Path) -> None:
    files = "fold{1,2}/{cat,dog}/1.png"
    with pytest.raises(UserError, match="either fold1, fold2 or cat, dog may be the classes"):
        found_classes(tmp_path / "d", files)
    chosen = ("fold1", "fold2")
    assert found_classes(tmp_path / "e", files, chosen=chosen) == {"train": {name: name for name in chosen}}


def test_a_single_class_that_the_user_chose_is_no_wrapper(tmp_path: Path) -> None:
    make(Layout("", ["cat/{young,old}/1.png"]), tmp_path / "d")
    tree = read_folder(tmp_path / "d", [])
    assert find_base(tree).path == tmp_path / "d/cat"
    assert find_base(tree, ("cat",)).path == tmp_path / "d"


def test_the_places_of_splits_and_what_lies_outside_are_told(tmp_path: Path) -> None:
    make(Layout("", ["w/{train,extra}/{a,b}/1.png", "w/train/x.png", "y.png"]), tmp_path / "d")
    found = find_class_folders(read_folder(tmp_path / "d", []))
    assert found.places == {"train": "train/"}
    assert found.outside == ["w/extra/"]
    assert [path.name for path in found.loose] == ["y.png", "x.png"]


def test_class_folders_that_hold_several_folders_are_named_with_them(tmp_path: Path) -> None:
    make(Layout("", ["animal/{cat,dog}/1.png", "plant/rose/1.png", "car/1.png"]), tmp_path / "d")
    folders = {folder.name: folder for folder in read_folder(tmp_path / "d", []).folders}
    assert find_levels_below(folders) == ["animal/ (cat/, dog/)"]

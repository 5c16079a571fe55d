"""Which folders of images with masks are splits."""

from pathlib import Path

import pytest

from datasets.sources.layout.folder_tree import Folder, read_folder
from datasets.sources.layout.pair_splits import find_split_folders, require_no_names_of_splits
from tests.test_datasets.layouts import Layout, make
from user_error import UserError


def tree(root: Path, photos: list[str]) -> Folder:
    return read_folder(make(Layout("", photos), root), [])


@pytest.mark.parametrize(
    ("photos", "expected"),
    [
        (["{train,val}/images/1.png"], {"train": "train", "val": "validation"}),
        (["leaf_{train,test}/images/1.png"], {"leaf_train": "train", "leaf_test": "test"}),
        (["leaf_train/1.png", "plant_test/1.png"], {}),
        (["{train,test,dev}/1.png"], {"train": "train", "test": "test", "dev": "validation"}),
        (
            ["leaf_{train,val,eval}/1.png"],
            {"leaf_train": "train", "leaf_val": "validation", "leaf_eval": "test"},
        ),
        (["{train,val,test,dev}/1.png"], {"train": "train", "val": "validation", "test": "test"}),
        (["{traincrop,testcrop}/1.png"], {"traincrop": "train", "testcrop": "test"}),
        (["images/{bonn,train_station}/1.png"], {}),
    ],
)
def test_names_are_splits_alone_or_where_they_are_alike(
    photos: list[str], expected: dict[str, str], tmp_path: Path
) -> None:
    found = find_split_folders(tree(tmp_path / "d", photos), loose=False)
    assert {path.name: split for path, split in found.items()} == expected


def test_dev_alone_beside_train_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="dev_images/, dev_masks/ may be the validation or the test split"):
        find_split_folders(tree(tmp_path / "d", ["{train,dev}_{images,masks}/1.png"]), loose=False)


def test_names_of_splits_that_are_not_alike_are_refused_where_they_are_used(tmp_path: Path) -> None:
    base = tree(tmp_path / "d", ["leaf_train/1.png", "plant_test/1.png", "other/1.png"])
    require_no_names_of_splits(base, [folder for folder in base.folders if folder.name == "other"])
    with pytest.raises(UserError, match="leaf_train/, plant_test/ may be splits or not"):
        require_no_names_of_splits(base, base.folders)

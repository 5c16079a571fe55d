"""Which folders are splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.layout.folder_tree import read_folder
from datasets.sources.layout.split_folders import find_splits
from tests.test_datasets.layouts import expand
from user_error import UserError


def find(root: Path, folders: str, chosen: tuple[str, ...] = ()) -> dict[str, str]:
    """Return the names of the splits among folders that hold an image each, or below a slash a class folder."""
    for folder in expand(folders):
        (root / folder).mkdir(parents=True, exist_ok=True)
        (root / folder / "1.png").touch()
    return {split: folder.name for split, folder in find_splits(read_folder(root, []), chosen).items()}


@pytest.mark.parametrize(
    ("folders", "splits"),
    [
        ("{train,val,test}", {"train": "train", "validation": "val", "test": "test"}),
        ("{Training,Testing}", {"train": "Training", "test": "Testing"}),
        ("{train,valid,other}", {"train": "train", "validation": "valid"}),
        ("{train,train_small}/a", {"train": "train"}),
        ("{train,test_set}/a", {"train": "train", "test": "test_set"}),
        ("{my_train,test}/a", {"train": "my_train", "test": "test"}),
        ("{seg_train,seg_test,seg_pred}", {"train": "seg_train", "test": "seg_test"}),
        ("{train_2020,test_2021}/{a,b}", {"train": "train_2020", "test": "test_2021"}),
        ("{night_train,day_test}/{a,b}", {"train": "night_train", "test": "day_test"}),
        ("{night_train,day_test}", {}),
        ("{cat,dog}", {}),
        ("{train,val,evaluation}", {"train": "train", "validation": "val", "test": "evaluation"}),
        ("{train,test,dev}", {"train": "train", "validation": "dev", "test": "test"}),
        ("{dev,ops}", {}),
    ],
)
def test_splits_go_by_their_names(folders: str, splits: dict[str, str], tmp_path: Path) -> None:
    found = find(tmp_path, folders)
    assert found == splits
    assert list(found) == list(splits)


@pytest.mark.parametrize(
    ("folders", "message"),
    [
        ("{train,Training}", "Training/ and train/ are both its train split; keep one"),
        ("{cat,dog}_{train,test}", "cat_test/ and dog_test/ are both its test split"),
        ("{val,test}", r"there is val/ and test/ but no train/ \(seen: test/ \(1 images\), val/"),
        ("{test,wrapper/inner/train}", "but no train/; wrapper/inner/ has one: give that folder"),
        ("{train,eval}", "eval/ may be the validation or the test split"),
    ],
)
def test_what_is_ambiguous_or_missing_is_an_error(folders: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=message):
        find(tmp_path, folders)


def test_a_chosen_class_is_no_split(tmp_path: Path) -> None:
    assert find(tmp_path, "{test,control}", chosen=("test", "control")) == {}


def test_an_empty_split_counts_beside_a_filled_one_alone(tmp_path: Path) -> None:
    for name in ("train", "test", "cat"):
        (tmp_path / name).mkdir()
    assert find_splits(read_folder(tmp_path, [])) == {}
    (tmp_path / "train/1.png").touch()
    assert list(find_splits(read_folder(tmp_path, []))) == ["train", "test"]

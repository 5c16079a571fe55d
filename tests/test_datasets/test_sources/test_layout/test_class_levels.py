"""Which level of folders holds the classes."""

from pathlib import Path

import pytest

from datasets.sources.layout.class_levels import find_levels_below, pass_wrappers, require_one_level
from datasets.sources.layout.folder_tree import Folder, read_folder
from tests.test_datasets.layouts import Layout, make
from user_error import UserError


def tree(root: Path, photos: list[str]) -> Folder:
    return read_folder(make(Layout("", photos), root), [])


def test_wrappers_are_passed_down_to_the_folder_of_several_or_of_images(tmp_path: Path) -> None:
    base = tree(tmp_path / "d", ["a/x/y/{1,2}/1.png", "b/x/1.png", "c/{1,2}/z/1.png"])
    assert [pass_wrappers(folder).describe() for folder in base.folders] == ["a/x/y/", "b/", "c/"]


@pytest.mark.parametrize(
    ("photos", "message"),
    [
        (["{one,two}/{cat,dog}/1.png"], "either one, two or cat, dog may be the classes"),
        (["{one,two}/w/{cat,dog}/1.png"], "either one, two or cat, dog may be the classes"),
        (["{cat,dog}/1.png", "more/{cat,dog}/1.png"], "the data set is in more/ once more"),
        (["{cat,dog}/1.png", "more/w/{Cat,Dog}/1.png"], "the data set is in more/ once more"),
        (["HAM_images_part_{1,2}/1.png"], "may be the parts of one set"),
        (["HAM_images_part_1/1.png", "ham_images_part_2/2.png"], "may be the parts of one set"),
        (["batch_{a,b}/1.png"], "may be the parts of one set"),
    ],
)
def test_folders_that_may_be_no_classes_are_refused_unless_they_are_chosen(
    photos: list[str], message: str, tmp_path: Path
) -> None:
    base = tree(tmp_path / "d", photos)
    with pytest.raises(UserError, match=message):
        require_one_level(base, base.folders, ())
    require_one_level(base, base.folders, [folder.name for folder in base.folders])


@pytest.mark.parametrize(
    "photos",
    [
        ["{0,1,2}/1.png"],
        ["class{1,2}/1.png"],
        ["{cat,dog,bird}/1.png", "animals/{cat,fish}/1.png"],
        ["images of {cats,dogs}/1.png"],
        ["vitamin {B,C}/1.png"],
    ],
)
def test_other_classes_pass(photos: list[str], tmp_path: Path) -> None:
    base = tree(tmp_path / "d", photos)
    require_one_level(base, base.folders, ())


def test_the_levels_below_are_named_past_wrappers(tmp_path: Path) -> None:
    base = tree(tmp_path / "d", ["a/w/{x,y}/1.png", "b/1.png"])
    assert find_levels_below({folder.name: folder for folder in base.folders}) == ["a/ (x/, y/)"]

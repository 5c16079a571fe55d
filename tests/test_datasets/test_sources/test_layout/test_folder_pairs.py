"""Which files of one folder could be the masks of the files of another."""

from pathlib import Path

import pytest

from datasets.sources.layout.folder_pairs import have_related_names, match_folders, match_masks, match_order
from datasets.sources.layout.folder_tree import Folder, read_folder
from tests.test_datasets.layouts import Layout, make


def folders(root: Path, photos: list[str]) -> list[Folder]:
    return read_folder(make(Layout("", photos), root), []).folders


def names(pairs: tuple[list[Path], list[Path]]) -> list[tuple[str, str]]:
    return [(mask.stem, image.stem) for mask, image in zip(*pairs, strict=True)]


@pytest.mark.parametrize(
    ("photos", "expected"),
    [
        (["a/{1,2}.png", "b/{2,1}.png"], [("1", "1"), ("2", "2")]),
        (["a/{1,2,10}_out.png", "b/{1,2,10}.png"], [("1_out", "1"), ("2_out", "2"), ("10_out", "10")]),
        (["a/{1,2}_out.png", "b/{1,2,3}.png"], []),
    ],
)
def test_files_match_by_equal_names_or_as_many_by_order(
    photos: list[str], expected: list[tuple[str, str]], tmp_path: Path
) -> None:
    masks, images = folders(tmp_path / "d", photos)
    assert names(match_folders(masks, images)) == expected


def test_the_masks_of_several_folders_match_by_the_start_of_their_names(tmp_path: Path) -> None:
    masks, *others = folders(tmp_path / "d", ["a/{x1,x2,y3}_m.png", "b/x{1,2}.png", "c/y{3,4}.png"])
    assert names(match_masks(masks, others)) == [("x1_m", "x1"), ("x2_m", "x2"), ("y3_m", "y3")]


@pytest.mark.parametrize(
    ("mask", "image", "expected"),
    [
        ("21_manual1", "21_tr", True),
        ("a_out", "a", True),
        ("im01", "1", True),
        ("3", "1", False),
        ("b", "a", False),
    ],
)
def test_names_are_related_by_a_number_or_a_common_start(mask: str, image: str, expected: bool) -> None:
    assert have_related_names([Path(mask)], [Path(image)]) is expected


def test_files_of_another_count_have_no_order() -> None:
    assert match_order([Path("a")], [Path("a"), Path("b")]) == ([], [])

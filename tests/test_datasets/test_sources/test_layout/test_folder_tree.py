"""The tree of folders: order, links, hidden files, and what holds images."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.layout.folder_tree import describe_layout, read_folder, relative
from user_error import UserError


def make_files(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def walk(root: Path, warnings: list[str]) -> list[str]:
    return [str(path.relative_to(root)) for path in read_folder(root, warnings).walk()]


def test_files_are_walked_in_the_order_of_their_names_without_hidden_and_system_files(tmp_path: Path) -> None:
    make_files(tmp_path, "b.png", "a/2.png", "a/10.png", ".hidden", "a/Thumbs.db", "__MACOSX/a.png", "C.png")
    warnings: list[str] = []
    assert walk(tmp_path, warnings) == ["C.png", "a/10.png", "a/2.png", "b.png"]
    assert warnings == []


def test_links_to_folders_are_followed_and_loops_left_out_with_one_warning(tmp_path: Path) -> None:
    make_files(tmp_path, "data/a/1.png", "elsewhere/2.png")
    (tmp_path / "data/link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (tmp_path / "data/a/loop").symlink_to(tmp_path / "data", target_is_directory=True)
    warnings: list[str] = []
    tree = read_folder(tmp_path / "data", warnings)
    for _ in range(2):
        assert [relative(path, tree.path) for path in tree.walk()] == ["a/1.png", "link/2.png"]
    assert warnings == ["a/loop: a link back to a folder above it, left out"]


def test_a_folder_is_filled_if_an_image_is_anywhere_below_it(tmp_path: Path) -> None:
    make_files(tmp_path, "deep/er/1.PNG", "text/a.csv", "flat/1.jpg")
    (tmp_path / "empty").mkdir()
    tree = read_folder(tmp_path, [])
    assert [folder.name for folder in tree.folders] == ["deep", "empty", "flat", "text"]
    assert [folder.name for folder in tree.filled] == ["deep", "flat"]
    assert [folder.parts for folder in tree.walk_folders()] == [("deep", "er"), ("flat",)]
    seen = "seen: deep/er/ (1 images), flat/ (1 images)"
    assert describe_layout(tree) == f"{seen}; 1 other files, such as text/a.csv"


def test_a_folder_without_images_is_described_as_such(tmp_path: Path) -> None:
    make_files(tmp_path, "a/b.txt")
    assert (
        describe_layout(read_folder(tmp_path, [])) == "seen: no image files; 1 other files, such as a/b.txt"
    )


def test_a_folder_that_is_gone_is_an_error_of_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone: cannot be read \(No such file or directory\)"):
        walk(tmp_path / "gone", [])

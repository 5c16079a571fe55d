"""Text files that list splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.layout.folder_tree import read_folder
from datasets.sources.layout.split_lists import is_text_file, warn_of_split_lists


def test_lists_of_splits_are_named(tmp_path: Path) -> None:
    for name in ("sets/train.txt", "Test_set.csv", "classes.txt", "train.png", "train_station.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    (warning,) = warn_of_split_lists(read_folder(tmp_path, []))
    assert warning.startswith("lists of splits are not read: Test_set.csv, sets/train.txt; to use them, move")


def test_without_lists_there_is_no_warning(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    assert list(warn_of_split_lists(read_folder(tmp_path, []))) == []


@pytest.mark.parametrize(
    ("name", "expected"), [("a.TXT", True), ("a.xml", True), ("a.npy", False), ("txt", False)]
)
def test_texts_are_told_by_their_extension(name: str, expected: bool) -> None:
    assert is_text_file(Path(name)) is expected

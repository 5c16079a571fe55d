"""File names for messages, walking folders and fingerprints."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.sources.listing import (
    fingerprint_files,
    hash_file,
    is_image_file,
    join_names,
    list_folder,
    open_image,
    printable,
)
from tests.test_datasets.own_data import picture, pixels
from user_error import UserError


@pytest.mark.parametrize(
    ("names", "count", "text"),
    [
        (["a"], None, "a"),
        (["a", "b", "c"], None, "a, b, c"),
        (["a", "b", "c", "d", "e"], None, "a, b, c and 2 more"),
        (["a", "b", "c", "d"], 10, "a, b, c and 7 more"),
        (["a"], 10, "a and 9 more"),
    ],
)
def test_three_names_are_joined_and_the_rest_is_counted(
    names: list[str], count: int | None, text: str
) -> None:
    assert join_names(names, count) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ein Bild, größer 猫.png", "ein Bild, größer 猫.png"),
        ("two\nlines", r"two\nlines"),
        (os.fsdecode(b"\xff\xfe.png"), r"\xff\xfe.png"),
        ("\x1b[31m", r"\x1b[31m"),
    ],
)
def test_a_name_is_printed_on_one_line_whatever_its_bytes(name: str, text: str) -> None:
    assert printable(name) == text


def make_files(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name)


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"gone: cannot be read \(No such file or directory\)"):
        list_folder(tmp_path / "gone")


@pytest.mark.parametrize(
    ("name", "expected"), [("a.png", True), ("a.JPEG", True), ("a.txt", False), ("png", False)]
)
def test_images_are_told_by_their_extension(name: str, expected: bool) -> None:
    assert is_image_file(Path(name)) is expected


def test_a_fingerprint_changes_with_names_sizes_and_times_alone(tmp_path: Path) -> None:
    make_files(tmp_path, "a", "b")
    paths = [tmp_path / "a", tmp_path / "b"]
    first, times = fingerprint_files(paths, tmp_path), (tmp_path / "a").stat()
    (tmp_path / "a").write_text("x")
    os.utime(tmp_path / "a", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert fingerprint_files(paths, tmp_path) == first
    os.utime(tmp_path / "a", ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    assert fingerprint_files(paths, tmp_path) != first
    assert fingerprint_files(paths[:1], tmp_path) != fingerprint_files(paths[1:], tmp_path)


def test_a_missing_file_has_a_fingerprint_as_well(tmp_path: Path) -> None:
    before = fingerprint_files([tmp_path / "a"], tmp_path)
    make_files(tmp_path, "a")
    assert fingerprint_files([tmp_path / "a"], tmp_path) != before


def test_a_file_is_hashed_and_opened_as_it_is(tmp_path: Path) -> None:
    path = picture(tmp_path / "a.png", 3)
    assert hash_file(path) == hashlib.sha256(path.read_bytes()).digest()
    assert np.array_equal(np.asarray(open_image(path)), pixels(3))
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises((OSError, SyntaxError)):
        Image.Image.tobytes(open_image(path))

"""What the layouts of image folders share: roots, splits, class names and reading."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.sources.folder_layout import (
    FolderReader,
    MaskCoding,
    number_splits,
    read_class_names,
    require_root,
)
from tests.test_datasets.own_data import mask, picture, pixels
from user_error import UserError


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ("", "data set pets: no folder given; set dataset.options.root"),
        ("/nowhere/at/all", "data set pets: root /nowhere/at/all: no such folder"),
        ("{file}", "is a file, not a folder"),
    ],
)
def test_a_root_that_is_not_a_folder_is_an_error(root: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match=message):
        require_root("pets", root.format(file=tmp_path / "file"))


def test_a_root_may_start_with_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "images").mkdir()
    assert require_root("pets", "~/images") == tmp_path / "images"


def test_splits_are_numbered_one_after_the_other() -> None:
    numbered = number_splits({"train": 3, "validation": 0, "test": 2})
    assert {split: positions.tolist() for split, positions in numbered.items()} == {
        "train": [0, 1, 2],
        "validation": [],
        "test": [3, 4],
    }


def test_class_names_come_from_the_option_then_from_the_list_then_from_nowhere(tmp_path: Path) -> None:
    assert read_class_names(tmp_path, "") is None
    (tmp_path / "classes.txt").write_bytes("\ufeffKätzchen\n\n dog \n".encode())
    assert read_class_names(tmp_path, "") == ("Kätzchen", "dog")
    assert read_class_names(tmp_path, "a, b") == ("a", "b")


@pytest.mark.parametrize(
    ("option", "content", "message"),
    [
        ("a,,b", b"", "classes: an empty name"),
        ("a,b,a", b"", "classes: 'a' is listed twice"),
        ("", b"cat\ncat\n", r"classes\.txt: 'cat' is listed twice"),
        ("", b"k\xe4tzchen\n", r"classes\.txt: cannot be read as UTF-8 text"),
    ],
)
def test_wrong_class_names_are_an_error(option: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / "classes.txt").write_bytes(content)
    with pytest.raises(UserError, match=message):
        read_class_names(tmp_path, option)


def test_a_reader_gives_images_masks_and_their_hashes(tmp_path: Path) -> None:
    images = [picture(tmp_path / f"{number}.png", number) for number in range(2)]
    masks = [mask(tmp_path / f"mask{number}.png", np.full((10, 12), number, np.uint8)) for number in range(2)]
    reader = FolderReader(images, masks)
    assert np.array_equal(np.asarray(reader.load_image(1)), pixels(1))
    assert (reader.load_mask(1) == 1).all()
    assert len(FolderReader(images).hash_content(0)) == 32
    assert reader.hash_content(0) != reader.hash_content(1)
    assert reader.hash_content(0)[:32] == FolderReader(images).hash_content(0)


def test_a_table_maps_the_stored_values_of_masks_to_classes(tmp_path: Path) -> None:
    path = mask(tmp_path / "m.png", np.array([[0, 7, 255]], np.uint8))
    table = np.full(256, 255)
    table[7] = 3
    assert FolderReader([path], [path], MaskCoding(table=table)).load_mask(0).tolist() == [[255, 3, 255]]


def test_a_palette_maps_the_colors_of_masks_to_classes(tmp_path: Path) -> None:
    palette = np.array([[0, 0, 0], [200, 0, 0]], np.uint8)
    Image.fromarray(palette[None]).save(tmp_path / "m.png")
    reader = FolderReader([tmp_path / "m.png"], [tmp_path / "m.png"], MaskCoding(palette=palette))
    assert reader.load_mask(0).tolist() == [[0, 1]]


def test_the_class_list_is_read_from_any_folder_down_to_the_data(tmp_path: Path) -> None:
    data = tmp_path / "pack" / "data"
    data.mkdir(parents=True)
    assert read_class_names(tmp_path, "", data) is None
    (tmp_path / "pack" / "classes.txt").write_text("b\na\n")
    assert read_class_names(tmp_path, "", data) == ("b", "a")
    (data / "classes.txt").write_text("b\na\n")
    assert read_class_names(tmp_path, "", data) == ("b", "a")
    (data / "classes.txt").write_text("a\nb\n")
    with pytest.raises(UserError, match="list different classes; keep one"):
        read_class_names(tmp_path, "", data)
    assert read_class_names(tmp_path, "a, b", data) == ("a", "b")

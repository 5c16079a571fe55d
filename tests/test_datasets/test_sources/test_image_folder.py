"""Folders of classes: listed, or answered in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.image_folder import list_examples
from datasets.sources.listing import Listing
from tests.test_datasets.broken_data import (
    Case,
    assert_answer,
    copy,
    do_nothing,
    empty,
    name_of,
    remove,
    rename,
    write,
)
from tests.test_datasets.own_data import image_folder


def make_a_loop(root: Path) -> None:
    (root / "train/cat/again").symlink_to(root / "train/cat", target_is_directory=True)


CASES = [
    Case("folders in a loop", make_a_loop, r"train/cat/again: a link back", is_warning=True),
    Case("system file", write("train/cat/.DS_Store", b"x"), ""),
    Case(
        "another file",
        write("train/cat/notes.txt", b"x"),
        r"files without an image extension, left out: train/cat/notes\.txt",
        is_warning=True,
    ),
    Case(
        "a file beside the classes",
        write("train/x.png", b"x"),
        r"files outside the class folders, left out: train/x\.png",
        is_warning=True,
    ),
    Case(
        "class that train lacks",
        rename("train/dog", "train/dgo"),
        r"class is not in train/: val/dog",
    ),
    Case("no images", empty("train"), r"train: no class folders with images; the layout is train/<class>"),
    Case("no train", remove("train"), r"there is val/ but no train/"),
    Case("train twice", copy("train/cat/0.png", "training/cat/0.png"), r"train/ and training/ are both"),
    Case(
        "classes.txt without a class",
        write("classes.txt", b"cat\n"),
        r"class is not in .*/classes\.txt: train/dog",
    ),
    Case("classes.txt in Latin-1", write("classes.txt", b"k\xe4tzchen\n"), r"cannot be read as UTF-8"),
    Case("a class listed twice", write("classes.txt", b"cat\ncat\n"), r"'cat' is listed twice"),
    Case(
        "a class without a folder",
        do_nothing,
        r"class 'dgo' has no folder in train/; did you mean 'dog'",
        {"classes": "cat, dgo"},
    ),
]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_another_layout_loads_or_is_answered_in_one_line(case: Case, tmp_path: Path) -> None:
    assert_answer(case, "image_folder", tmp_path)


def list_folder(root: Path, classes: str = "") -> Listing:
    return list_examples({"root": str(root), "classes": classes})


def test_images_are_listed_by_split_class_and_name(tmp_path: Path) -> None:
    listing = list_folder(image_folder(tmp_path))
    train = [f"train/{name}/{number}.png" for name in ("cat", "dog") for number in range(8)]
    val = [f"val/{name}/{number}.png" for name in ("cat", "dog") for number in range(6)]
    assert listing.names == train + val
    assert listing.labels.tolist() == [0] * 8 + [1] * 8 + [0] * 6 + [1] * 6
    assert listing.splits["train"].tolist() == list(range(16))
    assert listing.splits["validation"].tolist() == list(range(16, 28))
    assert listing.origins == {"train": "train/", "validation": "val/"}
    assert (listing.classes, listing.ignore_index) == (("cat", "dog"), None)
    assert (listing.problems, listing.warnings) == ((), ())


def test_the_option_chooses_classes_and_their_order(tmp_path: Path) -> None:
    root = image_folder(tmp_path)
    both = list_folder(root, "dog, cat")
    assert both.names[0] == "train/dog/0.png"
    assert both.labels.tolist() == [0] * 8 + [1] * 8 + [0] * 6 + [1] * 6
    single = list_folder(root, "dog")
    assert (single.classes, single.problems) == (("dog",), ())
    assert len(single.names) == 14


def test_without_split_folders_all_images_are_for_training(tmp_path: Path) -> None:
    listing = list_folder(image_folder(tmp_path) / "train")
    assert listing.splits.keys() == {"train"}
    assert listing.origins == {"train": "all images"}
    assert len(listing.names) == 16


def test_a_class_list_between_root_and_data_gives_the_order_and_may_number_its_lines(tmp_path: Path) -> None:
    root = tmp_path / "all"
    (root / "pack").mkdir(parents=True)
    (image_folder(tmp_path) / "train").rename(root / "pack" / "images")
    (root / "pack" / "classes.txt").write_text("dog\ncat\n")
    assert list_folder(root).classes == ("dog", "cat")
    (root / "pack" / "classes.txt").write_text("1 dog\n2 cat\n")
    assert list_folder(root).classes == ("dog", "cat")
    assert list_folder(root).labels.tolist() == [0] * 8 + [1] * 8
    (root / "pack" / "classes.txt").write_text("dog\ncat\ncow\n")
    (problem,) = list_folder(root).problems
    assert problem.startswith(f"{root}/pack/classes.txt: class 'cow' has no folder in the root")

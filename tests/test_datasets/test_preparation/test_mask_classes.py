"""Values become classes: masks, counts and names agree."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from datasets import catalog
from datasets.preparation.mask_classes import RecodedReader
from datasets.sources.folder_layout import FolderReader
from tests.test_datasets.mask_forms import levels, make_folder, truth
from tests.test_datasets.own_data import mask, picture


def test_a_recoded_reader_gives_the_class_of_each_value(tmp_path: Path) -> None:
    image = picture(tmp_path / "x.png", 1)
    file = mask(tmp_path / "m.png", np.array([[0, 7, 255]], np.uint8))
    plain = FolderReader([image], [file])
    table = np.full(256, 255)
    table[7] = 3
    reader = RecodedReader(plain, table)
    assert reader.load_mask(0).tolist() == [[255, 3, 255]]
    assert reader.mask_path(0) == file
    assert reader.hash_content(0) == plain.hash_content(0)
    assert np.array_equal(np.asarray(reader.load_image(0)), np.asarray(plain.load_image(0)))


def test_an_ignored_class_is_in_no_share_and_no_name(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "d", levels(0, 1, 2), "png")
    options: dict[str, str | int] = {"root": str(root), "ignore": 1, "classes": "a, void, b"}
    prepared = catalog.prepare("mask_folder", "segmentation", options, cache=tmp_path / "cache")
    assert prepared.report.facts[0] == "classes: 2 (pixels of the training split: a 66.7 %, b 33.3 %)"
    assert "ignored mask value: 1 (25.0 % of all pixels)" in prepared.report.facts
    splits = catalog.load("mask_folder", "segmentation", options, cache=tmp_path / "cache")
    assert (splits.classes, splits.ignore_index) == (("a", "b"), 255)
    assert splits.train.targets[slice(1, 2)][0].tolist() == np.array([0, 255, 1])[truth(1)].tolist()


def test_classes_that_are_the_stored_values_keep_the_content_and_the_key_of_before(tmp_path: Path) -> None:
    """The hash is the one that version 0.1.0 gave, worked out here, and no new option is in the key."""
    root = make_folder(tmp_path / "d", levels(0, 1, 2), "png")
    options: dict[str, str | int] = {"root": str(root), "ignore": 255}
    prepared = catalog.prepare("mask_folder", "segmentation", options, cache=tmp_path / "cache")
    total = hashlib.sha256(json.dumps(["segmentation", ["class 0", "class 1", "class 2"], 255]).encode())
    for split, folder, count in (("train", "train", 4), ("validation", "val", 3), ("test", "test", 3)):
        total.update(f"{split} {count}".encode())
        for number in range(count):
            for kind in ("images", "masks"):
                content = (root / folder / kind / f"{number}.png").read_bytes()
                total.update(hashlib.sha256(content).digest())
    assert prepared.content == total.hexdigest()
    assert prepared.options == {"size": "8x12", "fit": "stretch", "classes": "", "palette": "", "ignore": 255}
    shifted = catalog.prepare(
        "mask_folder", "segmentation", {**options, "first_value": 1}, cache=tmp_path / "cache"
    )
    assert shifted.options["first_value"] == 1
    assert shifted.content != prepared.content


@pytest.mark.parametrize(
    ("options", "warned"),
    [
        ({"ignore": 77}, "77"),
        ({"ignore": 255}, "255"),
        ({"ignore": 2}, None),
        ({"ignore": 77, "first_value": 1}, "77"),
        ({"ignore": 0, "first_value": 1}, None),
        ({"palette": "#000000 #010101 #020202", "ignore": "#123456"}, "'#123456'"),
        ({"palette": "#000000 #010101 #020202 #0d0d0d", "ignore": 3}, "'#0d0d0d'"),
        ({"palette": "#000000 #010101 #020202", "ignore": "#020202"}, None),
        ({}, None),
    ],
)
def test_what_is_to_be_ignored_and_occurs_nowhere_is_a_warning(
    options: dict[str, str | int], warned: str | None, tmp_path: Path
) -> None:
    root = make_folder(tmp_path / "d", levels(0, 1, 2), "png")
    given: dict[str, str | int] = {"root": str(root), **options}
    report = catalog.prepare("mask_folder", "segmentation", given, cache=tmp_path / "cache").report
    said = [line for line in report.warnings if "ignore" in line]
    assert report.problems == ()
    assert said == (
        [f"ignore: {warned} occurs in no mask, so no pixel is ignored by it; correct it or leave it out"]
        if warned
        else []
    )

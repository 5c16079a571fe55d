"""Files that may be images or masks."""

from __future__ import annotations

from pathlib import Path

import pytest

from datasets.sources.layout.folder_tree import read_folder
from datasets.sources.layout.pair_candidates import Candidates, collect_by_suffix, collect_candidates
from tests.test_datasets.layouts import Layout, make


def collect(root: Path, *files: str, suffix: str = "") -> Candidates:
    return collect_candidates(read_folder(make(Layout("", files), root), []), suffix)


def test_folders_that_all_images_or_masks_are_in_do_not_matter(tmp_path: Path) -> None:
    found = collect(tmp_path / "d", "images/full size/{a,b}.png", "annotations/trimaps/{a,b}.png")
    assert set(found.images) == set(found.masks) == {(None, (), "a"), (None, (), "b")}


def test_folders_below_images_and_masks_belong_to_the_names(tmp_path: Path) -> None:
    found = collect(tmp_path / "d", "{images,masks}/{rome,oslo}/1.png")
    assert set(found.images) == set(found.masks) == {(None, ("oslo",), "1"), (None, ("rome",), "1")}


def test_the_given_suffix_alone_counts(tmp_path: Path) -> None:
    files = ("images/{a,b}.png", "masks/{a,b}.png", "masks/a_fine.png")
    assert collect(tmp_path / "d", *files).count() == 2
    assert collect(tmp_path / "e", *files, suffix="_fine").count() == 1


@pytest.mark.parametrize(("suffix", "masks"), [("", 0), ("_lesion", 2)])
def test_any_suffix_can_be_given_for_masks_beside_their_images(
    suffix: str, masks: int, tmp_path: Path
) -> None:
    tree = read_folder(make(Layout("", ["{a,b,c}.png", "{a,b}_lesion.png"]), tmp_path / "d"), [])
    found = collect_by_suffix(tree, suffix)
    assert len(found.masks) == masks
    assert found.most_match() is (masks == 2)


def test_beside_images_half_of_them_must_have_a_mask(tmp_path: Path) -> None:
    for name, images, matches in (("d", "{a,b,c,d}.png", True), ("e", "{a,b,c,d,e}.png", False)):
        tree = read_folder(make(Layout("", [images, "{a,b}_mask.png"]), tmp_path / name), [])
        assert collect_by_suffix(tree, "").most_match() is matches

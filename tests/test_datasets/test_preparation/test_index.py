"""The inspection of every example: what cannot be read is named, what can be is measured."""

from __future__ import annotations

import hashlib
import os
import stat
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets import catalog
from datasets.preparation import index
from datasets.sources import image_folder as image_folders
from datasets.sources import mask_folder as mask_folders
from datasets.sources.listing import Listing
from tests.test_datasets.broken_data import Case, assert_answer, name_of, save_rotated, write
from tests.test_datasets.own_data import image_folder, mask, mask_folder, picture, pixels


def truncate_jpeg(root: Path) -> None:
    path = root / "train/cat/0.jpg"
    Image.fromarray(pixels(1, size=(64, 64))).save(path)
    path.write_bytes(path.read_bytes()[:-300])


def announce_a_huge_size(root: Path) -> None:
    content = (root / "train/cat/0.png").read_bytes()
    side = (100_000).to_bytes(4, "big")
    (root / "train/cat/0.png").write_bytes(content[:16] + side + side + content[24:])


def flip_bits(root: Path) -> None:
    content = bytearray((root / "train/cat/0.png").read_bytes())
    content[60] ^= 0xFF
    (root / "train/cat/0.png").write_bytes(bytes(content))


def link_to_itself(root: Path) -> None:
    (root / "train/cat/loop.png").symlink_to(root / "train/cat/loop.png")


def link_to_nothing(root: Path) -> None:
    (root / "train/cat/gone.png").symlink_to(root / "nothing.png")


def make_a_pipe(root: Path) -> None:
    os.mkfifo(root / "train/cat/pipe.png")


UNREADABLE = [
    Case("truncated JPEG", truncate_jpeg, r"train/cat/0\.jpg: .*[Tt]runcated"),
    Case("zero bytes", write("train/cat/0.png", b""), r"train/cat/0\.png: an empty file"),
    Case("text called png", write("train/dog/3.png", b"hello"), r"train/dog/3\.png: not an image"),
    Case("a web page called jpg", write("val/dog/x.jpg", b"<html>404"), r"val/dog/x\.jpg: not an image"),
    Case("flipped bits", flip_bits, r"train/cat/0\.png: "),
    Case("a size beyond the memory", announce_a_huge_size, r"train/cat/0\.png: "),
    Case("a link to itself", link_to_itself, r"train/cat/loop\.png: Too many levels of symbolic links"),
    Case("a link to nothing", link_to_nothing, r"train/cat/gone\.png: No such file"),
    Case("a pipe", make_a_pipe, r"train/cat/pipe\.png: not a regular file"),
]


@pytest.mark.parametrize("case", UNREADABLE, ids=name_of)
def test_a_file_that_cannot_be_read_is_named(case: Case, tmp_path: Path) -> None:
    assert_answer(case, "image_folder", tmp_path)


def save_small_mask(root: Path) -> None:
    mask(root / "train/masks/0.png", np.zeros((5, 6), np.uint8))


def save_16_bit_mask(root: Path) -> None:
    values = np.zeros((10, 12), np.uint16)
    values[3, 4] = 300
    Image.fromarray(values).save(root / "train/masks/2.png")


def rotate_an_image(root: Path) -> None:
    (root / "train/images/0.png").unlink()
    save_rotated("train/images/0.jpg")(root)


MASKS = [
    Case("another size", save_small_mask, r"train/images/0\.png: its mask is 6x5, the image 12x10"),
    Case("rotated image", rotate_an_image, r"0\.jpg: its mask is 12x10, the image 10x12 \(.*EXIF"),
    Case(
        "a large value",
        save_16_bit_mask,
        r"1 of 14 masks \(train/images/2\.png\) hold the value 300; .* from 0 to 255",
    ),
    Case("no bytes", write("val/masks/3.png", b""), r"val/images/3\.png: its mask: an empty file"),
]


@pytest.mark.parametrize("case", MASKS, ids=name_of)
def test_a_mask_that_does_not_fit_its_image_is_named(case: Case, tmp_path: Path) -> None:
    assert_answer(case, "mask_folder", tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "d")
    (root / "train/cat/0.png").chmod(stat.S_IWUSR)
    with pytest.raises(ValueError, match=r"train/cat/0\.png: Permission denied"):
        catalog.load("image_folder", "classification", {"root": str(root)}, cache=tmp_path / "cache")


def list_images(root: Path) -> Listing:
    return image_folders.list_examples({"root": str(root), "classes": ""})


def test_an_index_holds_hashes_sizes_and_thumbnails_of_the_files(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "d")
    picture(root / "train/cat/0.png", 5, size=(40, 24))
    found = index.load_index(list_images(root), tmp_path / "index", masks=False)
    content = (root / "train/cat/0.png").read_bytes()
    assert found.hashes[0].tobytes() == hashlib.sha256(content).digest()
    assert found.sizes[:2].tolist() == [[24, 40], [10, 12]]
    grey = np.asarray(Image.open(root / "train/cat/0.png").convert("L")).astype(float)
    means = grey.reshape(8, 3, 8, 5).mean((1, 3)).flatten()
    assert np.abs(found.thumbnails[0] - means).max() <= 1
    assert found.values.shape == (28, 0)
    assert found.problems == {}


def test_an_index_counts_the_pixels_of_each_mask_value(tmp_path: Path) -> None:
    root = mask_folder(tmp_path / "d")
    options: dict[str, int | str] = {"root": str(root), "classes": "", "palette": "", "ignore": -1}
    found = index.load_index(mask_folders.list_examples(options), tmp_path / "index", masks=True)
    assert found.values.shape == (14, 256)
    assert found.values[0, :3].tolist() == [60, 60, 0]
    assert found.values.sum(1).tolist() == [120] * 14
    mask_hash = hashlib.sha256((root / "train/masks/0.png").read_bytes()).digest()
    assert found.hashes[0, 32:].tobytes() == mask_hash


def test_an_index_is_read_from_the_cache_the_second_time(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "d")
    listing = list_images(root)
    first = index.load_index(listing, tmp_path / "index", masks=False)
    (root / "train/cat/0.png").write_bytes(b"")
    again = index.load_index(listing, tmp_path / "index", masks=False)
    assert np.array_equal(first.hashes, again.hashes)
    assert again.problems == {}


def test_threads_keep_the_order_and_silence_warnings() -> None:
    def warn_and_double(position: int) -> int:
        warnings.warn("odd metadata", stacklevel=1)
        return 2 * position

    assert list(index.map_in_threads(warn_and_double, range(600))) == list(range(0, 1200, 2))

"""Benchmarks through torchvision: reading, naming and the message where they are missing."""

from __future__ import annotations

import hashlib
import socket
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from datasets.sources import torchvision_sets
from datasets.sources.listing import Listing
from datasets.sources.torchvision_sets import TorchvisionReader, TorchvisionSource
from tests.test_datasets import true_formats
from tests.test_datasets.own_data import pixels
from user_error import UserError

CIFAR = TorchvisionSource(
    "CIFAR10",
    "cifar-10-batches-py",
    {"train": {"train": True}, "test": {"train": False}},
    ("cifar-10-python.tar.gz",),
)
VOC = TorchvisionSource(
    "VOCSegmentation",
    "VOCdevkit/VOC2012",
    {"train": {"image_set": "train"}, "test": {"image_set": "val"}},
    ("VOCtrainval_11-May-2012.tar",),
    classes=("a", "b"),
    recode=lambda mask: mask + 1,
)


def list_set(source: TorchvisionSource, root: Path) -> Listing:
    return torchvision_sets.list_examples("some_set", source, str(root), root / "cache", url="https://x.org")


def test_labels_and_classes_are_those_of_the_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true_formats.skip_checksums(monkeypatch)
    true_formats.cifar10(tmp_path)
    listing = list_set(CIFAR, tmp_path)
    assert listing.labels.tolist() == [*range(10)] * 6
    assert listing.classes == tuple(f"kind {number}" for number in range(10))
    assert listing.splits["test"].tolist() == list(range(50, 60))
    assert (listing.names[0], listing.names[59]) == ("train[0]", "test[9]")
    assert listing.origins == {"train": "its train images", "test": "its test images"}


def test_masks_are_recoded_and_named_by_their_images(tmp_path: Path) -> None:
    true_formats.voc2012(tmp_path)
    listing = list_set(VOC, tmp_path)
    stored = np.asarray(Image.open(tmp_path / "VOCdevkit/VOC2012/SegmentationClass/2007_val0.png"))
    assert np.array_equal(listing.reader.load_mask(10), stored.astype(int) + 1)
    assert listing.names[10] == "VOCdevkit/VOC2012/JPEGImages/2007_val0.jpg"
    assert (listing.classes, listing.ignore_index, listing.labels.size) == (("a", "b"), 255, 0)
    assert len(listing.reader.hash_content(0)) == 64


def test_the_fingerprint_changes_with_the_files(tmp_path: Path) -> None:
    true_formats.voc2012(tmp_path)
    before = list_set(VOC, tmp_path).fingerprint
    true_formats.picture(tmp_path / "VOCdevkit/VOC2012/JPEGImages/2007_val0.jpg", size=(30, 30))
    assert list_set(VOC, tmp_path).fingerprint != before


def make_set(first: int, count: int) -> list[tuple[Image.Image, int]]:
    return [(Image.fromarray(pixels(number)), number) for number in range(first, first + count)]


def test_a_position_counts_through_all_sets() -> None:
    reader = TorchvisionReader([make_set(0, 3), make_set(3, 1), make_set(4, 2)], None)
    assert [reader.locate(index)[1] for index in range(6)] == [0, 1, 2, 0, 0, 1]
    for index in range(6):
        assert np.array_equal(np.asarray(reader.load_image(index)), pixels(index))


def test_the_hash_is_of_mode_size_and_pixels() -> None:
    reader = TorchvisionReader([make_set(0, 2)], None)
    expected = hashlib.sha256(b"RGB (12, 10)" + pixels(1).tobytes()).digest()
    assert reader.hash_content(1) == expected


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object, **options: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)


@pytest.mark.usefixtures("offline")
def test_without_files_and_network_the_message_says_what_to_put_where(tmp_path: Path) -> None:
    with pytest.raises(UserError) as error:
        list_set(CIFAR, tmp_path)
    message = str(error.value)
    assert message.startswith(f"data set some_set: not found in {tmp_path}, and the download failed (")
    assert message.endswith("); put cifar-10-python.tar.gz there, from https://x.org")
    assert "\n" not in message


@pytest.mark.usefixtures("offline")
def test_the_timeout_of_sockets_is_restored(tmp_path: Path) -> None:
    socket.setdefaulttimeout(7.0)
    try:
        with pytest.raises(UserError):
            list_set(CIFAR, tmp_path)
        assert socket.getdefaulttimeout() == 7.0
    finally:
        socket.setdefaulttimeout(None)

"""The benchmark data sets, read through the real loaders from tiny files in their true formats."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import torch
from torchvision import datasets as torchvision_datasets

from datasets import catalog
from datasets.sources.benchmark_sets import DATASETS
from datasets.sources.file_dataset import FileDataset
from tests.test_datasets import true_formats

COUNTS = {
    "cifar10": (40, 10, 10),
    "cifar100": (400, 100, 100),
    "fashion_mnist": (90, 10, 20),
    "svhn": (90, 10, 20),
    "stl10": (40, 10, 20),
    "pets": (18, 2, 8),
    "food101": (18, 2, 8),
    "flowers102": (102, 102, 102),
    "dtd": (8, 8, 8),
    "voc2012": (9, 1, 4),
    "camvid": (6, 4, 4),
    "cityscapes": (9, 1, 4),
    "imagenet": (18, 2, 8),
}
VALIDATION = {"cifar10": 20, "cifar100": 20}
MASK_VALUES = {
    "pets": {0, 1, 255},
    "voc2012": {0, 15, 20, 255},
    "camvid": {0, 3, 10, 11},
    "cityscapes": {0, 13, 18, 255},
}
CASES = [(row.name, task) for row in DATASETS for task in row.tasks]


def test_every_benchmark_has_a_license_a_size_a_checksum_and_a_citation() -> None:
    assert {row.name for row in DATASETS} == set(COUNTS) == set(true_formats.MAKERS)
    for row in DATASETS:
        assert row.license
        assert row.citation[-4:].isdigit()
        assert row.url.startswith("http")
        assert row.megabytes > 0
        assert row.checksum.startswith("md5 ") or row.name in ("camvid", "cityscapes")


@pytest.mark.parametrize(("name", "task"), CASES)
def test_a_set_in_its_true_format_is_read_by_its_real_loader(
    name: str, task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_formats.skip_checksums(monkeypatch)
    (tmp_path / "data").mkdir()
    true_formats.MAKERS[name](tmp_path / "data")
    options: dict[str, str | int] = {"root": str(tmp_path / "data")}
    if name in VALIDATION:
        options["validation"] = VALIDATION[name]
    splits = catalog.load(name, task, options, cache=tmp_path / "cache")
    parts = (splits.train, splits.validation, splits.test)
    assert tuple(len(part.images) for part in parts) == COUNTS[name]
    channels = 1 if name == "fashion_mnist" else 3
    assert all(part.images.shape[1] == channels for part in parts)
    everything = slice(None)
    if task == "segmentation":
        assert set(torch.unique(splits.train.targets[everything]).tolist()) <= MASK_VALUES[name]
        assert {
            int(value) for part in parts for value in torch.unique(part.targets[everything])
        } == MASK_VALUES[name]
        assert splits.ignore_index in MASK_VALUES[name]
    else:
        assert sorted(set(splits.train.targets[everything].tolist())) == list(range(len(splits.classes)))


def test_the_digits_of_svhn_are_what_they_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true_formats.skip_checksums(monkeypatch)
    true_formats.svhn(tmp_path)
    splits = catalog.load("svhn", "classification", {"root": str(tmp_path)}, cache=tmp_path / "cache")
    assert splits.classes == tuple("0123456789")
    assert splits.test.targets[slice(0, 3)].tolist() == [1, 2, 3]


@pytest.mark.parametrize("name", [row.name for row in DATASETS])
def test_without_files_and_network_one_line_says_what_to_put_where(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unreachable(*arguments: object, **options: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unreachable)
    row = catalog.find(name)
    with pytest.raises(ValueError) as error:
        catalog.load(name, row.tasks[0], {"root": str(tmp_path)}, cache=tmp_path / "cache")
    message = str(error.value)
    assert "\n" not in message
    assert str(tmp_path) in message
    assert len(message) < 500
    own_folders = ("camvid", "cityscapes", "imagenet")
    assert ("the download failed" in message and "; put " in message) == (name not in own_folders)


@pytest.mark.parametrize(
    ("name", "loader"), [("cifar10", "CIFAR10"), ("cifar100", "CIFAR100"), ("stl10", "STL10")]
)
def test_checksums_are_those_that_torchvision_holds_the_download_to(name: str, loader: str) -> None:
    row = catalog.find(name)
    assert isinstance(row, FileDataset)
    assert row.checksum == f"md5 {getattr(torchvision_datasets, loader).tgz_md5}"
    assert row.url == getattr(torchvision_datasets, loader).url


def test_the_other_checksums_are_torchvisions_as_well() -> None:
    def checksum(name: str) -> str:
        row = catalog.find(name)
        assert isinstance(row, FileDataset)
        return row.checksum.split()[1]

    assert checksum("svhn") == torchvision_datasets.SVHN.split_list["train"][2]
    assert checksum("fashion_mnist") == torchvision_datasets.FashionMNIST.resources[0][1]
    assert checksum("pets") == torchvision_datasets.OxfordIIITPet._RESOURCES[0][1]
    assert checksum("food101") == torchvision_datasets.Food101._MD5
    assert checksum("flowers102") == torchvision_datasets.Flowers102._file_dict["image"][1]
    assert checksum("dtd") == torchvision_datasets.DTD._MD5
    assert checksum("voc2012") == torchvision_datasets.voc.DATASET_YEAR_DICT["2012"]["md5"]
    assert checksum("imagenet") == torchvision_datasets.imagenet.ARCHIVE_META["train"][1]

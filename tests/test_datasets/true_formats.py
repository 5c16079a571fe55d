"""Tiny files in each benchmark set's true on-disk format."""

from __future__ import annotations

import gzip
import json
import pickle
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat

RNG = np.random.default_rng(0)


def picture(path: Path, *, size: tuple[int, int] = (12, 10), mode: str = "RGB") -> None:
    """A picture that is like no other."""
    path.parent.mkdir(parents=True, exist_ok=True)
    shape = (size[1], size[0], 3) if mode == "RGB" else (size[1], size[0])
    Image.fromarray(RNG.integers(256, size=shape, dtype=np.uint8)).save(path)


def mask(path: Path, values: list[int], *, size: tuple[int, int] = (12, 10)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    row = np.resize(np.array(values, np.uint8), size[0])
    Image.fromarray(np.tile(row, (size[1], 1))).save(path)


def _rows(count: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return RNG.integers(256, size=(count, 3072), dtype=np.uint8)


def cifar10(root: Path) -> None:
    folder = root / "cifar-10-batches-py"
    folder.mkdir()
    for name in (
        "data_batch_1",
        "data_batch_2",
        "data_batch_3",
        "data_batch_4",
        "data_batch_5",
        "test_batch",
    ):
        (folder / name).write_bytes(pickle.dumps({"data": _rows(10), "labels": list(range(10))}))
    names = [f"kind {number}" for number in range(10)]
    (folder / "batches.meta").write_bytes(pickle.dumps({"label_names": names}))


def cifar100(root: Path) -> None:
    folder = root / "cifar-100-python"
    folder.mkdir()
    for name, count in (("train", 500), ("test", 100)):
        content = {"data": _rows(count), "fine_labels": [number % 100 for number in range(count)]}
        (folder / name).write_bytes(pickle.dumps(content))
    (folder / "meta").write_bytes(
        pickle.dumps({"fine_label_names": [f"kind {number}" for number in range(100)]})
    )


def fashion_mnist(root: Path) -> None:
    folder = root / "FashionMNIST" / "raw"
    folder.mkdir(parents=True)
    for part, count in (("train", 100), ("t10k", 20)):
        images = (
            struct.pack(">4i", 0x803, count, 28, 28)
            + RNG.integers(256, size=784 * count, dtype=np.uint8).tobytes()
        )
        labels = struct.pack(">2i", 0x801, count) + bytes(number % 10 for number in range(count))
        for name, content in ((f"{part}-images-idx3-ubyte", images), (f"{part}-labels-idx1-ubyte", labels)):
            (folder / name).write_bytes(content)
            (folder / f"{name}.gz").write_bytes(gzip.compress(content))


def svhn(root: Path) -> None:
    (root / "svhn").mkdir()
    for name, count in (("train", 100), ("test", 20)):
        images = RNG.integers(256, size=(32, 32, 3, count), dtype=np.uint8)
        labels = np.array(
            [[number % 10 + 1] for number in range(count)], np.uint8
        )  # 10 stands for the digit 0
        savemat(root / "svhn" / f"{name}_32x32.mat", {"X": images, "y": labels})


def stl10(root: Path) -> None:
    folder = root / "stl10_binary"
    folder.mkdir()
    for name, count in (("train", 50), ("test", 20)):
        (folder / f"{name}_X.bin").write_bytes(
            RNG.integers(256, size=count * 27648, dtype=np.uint8).tobytes()
        )
        (folder / f"{name}_y.bin").write_bytes(bytes(number % 10 + 1 for number in range(count)))
    (folder / "unlabeled_X.bin").write_bytes(b"")
    (folder / "class_names.txt").write_text("\n".join(f"kind {number}" for number in range(10)))
    (folder / "fold_indices.txt").write_text("0\n" * 10)


def pets(root: Path) -> None:
    folder = root / "oxford-iiit-pet"
    lines: dict[str, list[str]] = {"trainval": [], "test": []}
    for split, of_each in (("trainval", 10), ("test", 4)):
        for number, breed in enumerate(("Abyssinian", "beagle"), 1):
            for one in range(of_each):
                name = f"{breed}_{split}{one}"
                picture(folder / "images" / f"{name}.jpg")
                mask(folder / "annotations" / "trimaps" / f"{name}.png", [1, 2, 3])
                lines[split].append(f"{name} {number} {number} 1")
    for split, text in lines.items():
        (folder / "annotations" / f"{split}.txt").write_text("\n".join(text) + "\n")


def food101(root: Path) -> None:
    folder = root / "food-101"
    (folder / "meta").mkdir(parents=True)
    for split, of_each in (("train", 10), ("test", 4)):
        names = {
            dish: [f"{dish}/{split}{one}" for one in range(of_each)] for dish in ("apple_pie", "waffles")
        }
        (folder / "meta" / f"{split}.json").write_text(json.dumps(names))
        for name in (name for of_dish in names.values() for name in of_dish):
            picture(folder / "images" / f"{name}.jpg")


def flowers102(root: Path) -> None:
    folder = root / "flowers-102"
    count = 306
    for number in range(1, count + 1):
        picture(folder / "jpg" / f"image_{number:05d}.jpg", size=(6, 5))
    numbers = np.arange(1, count + 1)
    savemat(folder / "imagelabels.mat", {"labels": (numbers - 1) % 102 + 1})
    parts = {"trnid": numbers[:102], "valid": numbers[102:204], "tstid": numbers[204:]}
    savemat(folder / "setid.mat", parts)


def dtd(root: Path) -> None:
    folder = root / "dtd" / "dtd"
    for split in ("train", "val", "test"):
        names = [
            f"{texture}/{texture}_{split}{one}.jpg" for texture in ("banded", "woven") for one in range(4)
        ]
        for name in names:
            picture(folder / "images" / name)
        (folder / "labels").mkdir(exist_ok=True)
        (folder / "labels" / f"{split}1.txt").write_text("\n".join(names) + "\n")


def voc2012(root: Path) -> None:
    folder = root / "VOCdevkit" / "VOC2012"
    for split, count in (("train", 10), ("val", 4)):
        names = [f"2007_{split}{one}" for one in range(count)]
        for name in names:
            picture(folder / "JPEGImages" / f"{name}.jpg")
            path = folder / "SegmentationClass" / f"{name}.png"
            mask(path, [0, 15, 20, 255])
            with Image.open(path) as plain:
                colored = Image.frombytes("P", plain.size, plain.tobytes())
            colored.putpalette([value for index in range(256) for value in (index, 255 - index, 7)])
            colored.save(path)
        sets = folder / "ImageSets" / "Segmentation"
        sets.mkdir(parents=True, exist_ok=True)
        (sets / f"{split}.txt").write_text("\n".join(names) + "\n")


def camvid(root: Path) -> None:
    for split, count in (("train", 6), ("val", 4), ("test", 4)):
        for number in range(count):
            picture(root / split / f"0001TP_{number}.png")
            mask(root / f"{split}annot" / f"0001TP_{number}.png", [0, 3, 10, 11])


def cityscapes(root: Path) -> None:
    for split, count in (("train", 10), ("val", 4)):
        for number in range(count):
            name = f"aachen_{number:06d}_000019"
            picture(root / "leftImg8bit" / split / "aachen" / f"{name}_leftImg8bit.png")
            mask(root / "gtFine" / split / "aachen" / f"{name}_gtFine_labelIds.png", [0, 7, 26, 33])


def imagenet(root: Path) -> None:
    for split, count in (("train", 10), ("val", 4)):
        for wnid in ("n01440764", "n03888257"):
            for number in range(count):
                picture(root / split / wnid / f"{wnid}_{number}.JPEG")


MAKERS: dict[str, Callable[[Path], None]] = {
    one.__name__: one
    for one in (
        cifar10,
        cifar100,
        fashion_mnist,
        svhn,
        stl10,
        pets,
        food101,
        flowers102,
        dtd,
        voc2012,
        camvid,
        cityscapes,
        imagenet,
    )
}


def skip_checksums(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let torchvision accept tiny files in place of the real ones, whose checksums differ."""
    for loader in ("cifar", "svhn", "stl10", "flowers102"):
        monkeypatch.setattr(
            f"torchvision.datasets.{loader}.check_integrity", lambda path, md5=None: Path(path).is_file()
        )
    monkeypatch.setattr("torchvision.datasets.svhn.download_url", None)

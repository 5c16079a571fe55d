"""Each folder of images or masks that no study can use is one line that names the file or folder."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.test_datasets.broken_data import Break, copy, do_nothing, empty, remove, rename, write
from tests.test_datasets.own_data import image_folder, mask_folder, pixels
from tests.test_experiments.made import study_file

from .refusal import assert_refused
from .studies import AS_SEGMENTATION, BACKBONE, DATASET, PLAIN

SMALL = PLAIN.replace("batch_size: 16", "batch_size: 4").replace(DATASET, "{name: KIND, options: OPTIONS}")
Mistake = tuple[Break, dict[str, object], list[str]]


def masks(change: Callable[[np.ndarray], object], ending: str = ".png") -> Break:
    """Write every mask anew: `change` gets its classes (H,W) uint8 and returns what becomes the picture."""

    def rewrite(root: Path) -> None:
        for path in root.rglob("masks/*.png"):
            values = np.asarray(Image.open(path))
            path.unlink()
            Image.fromarray(np.asarray(change(values))).save(path.with_suffix(ending))

    return rewrite


def colors(values: np.ndarray) -> np.ndarray:
    """Black where the class is 0, red where it is 1."""
    return np.dstack([values * 255, values * 0, values * 0]).astype(np.uint8)


def one_size(root: Path) -> None:
    """Make one image larger than all others."""
    Image.fromarray(pixels(5, size=(20, 20))).save(root / "train/cat/0.png")


def another_mask_size(root: Path) -> None:
    Image.fromarray(np.zeros((5, 6), np.uint8)).save(root / "train/masks/0.png")


IMAGES: dict[str, Mistake] = {
    "a text called png": (write("train/dog/3.png", b"hello"), {}, ["train/dog/3.png"]),
    "an empty file": (write("train/cat/0.png", b""), {}, ["train/cat/0.png", "empty"]),
    "a page of a server": (write("val/dog/x.jpg", b"<html>404"), {}, ["val/dog/x.jpg", "not an image"]),
    "a class without images": (empty("train/dog"), {}, ["dog"]),
    "a class that training lacks": (rename("train/dog", "train/dgo"), {}, ["dog"]),
    "no training images": (empty("train"), {}, ["train"]),
    "no training split": (remove("train"), {}, ["train"]),
    "two training splits": (copy("train/cat/0.png", "training/cat/0.png"), {}, ["train", "training"]),
    "one class": (lambda root: (remove("train/dog")(root), remove("val/dog")(root)), {}, ["1"]),
    "images of two sizes": (one_size, {}, ["size"]),
    "a size of nothing": (do_nothing, {"size": 0}, ["size"]),
    "a size in words": (do_nothing, {"size": "large"}, ["size", "large"]),
    "another fit": (do_nothing, {"fit": "pad"}, ["fit", "crop"]),
    "a class that has no folder": (do_nothing, {"classes": "cat, dgo"}, ["dgo", "dog"]),
    "an option of masks": (do_nothing, {"ignore": 255}, ["ignore"]),
    "an empty folder": (lambda root: (remove("train")(root), remove("val")(root)), {}, ["my data"]),
}
MASKS: dict[str, Mistake] = {
    "JPEG masks": (masks(lambda values: values * 255, ".jpg"), {}, ["JPEG", "lossless"]),
    "masks of 0 and 255": (masks(lambda values: values * 255), {}, ["255", "palette"]),
    "masks of 0 and 85": (masks(lambda values: values * 85), {}, ["85", "palette"]),
    "masks in colors": (masks(colors), {}, ["colors", "palette"]),
    "a color that the palette lacks": (masks(colors), {"palette": "#000000 #00ff00"}, ["#ff0000", "palette"]),
    "a palette that is none": (do_nothing, {"palette": "black, red"}, ["palette"]),
    "a palette of another length": (
        do_nothing,
        {"palette": "#000000 #00ff00", "classes": "a, b, c"},
        ["palette", "2 colors for 3 classes"],
    ),
    "a value beyond the classes": (masks(lambda values: values * 7), {"classes": "a, b"}, ["7"]),
    "no masks": (empty("train/masks"), {}, ["train/images"]),
    "no folder of masks": (remove("train/masks"), {}, ["train"]),
    "a mask of another size": (another_mask_size, {}, ["train/images/0.png", "6x5"]),
    "an empty mask": (write("val/masks/3.png", b""), {}, ["3.png", "empty"]),
    "masks of one class": (masks(lambda values: values * 0), {}, ["1"]),
    "an ignored value in words": (do_nothing, {"ignore": "void"}, ["ignore", "void"]),
    "two images of one mask": (
        copy("train/images/1.png", "train/images/1.jpg"),
        {},
        ["1.jpg", "1.png"],
    ),
}


def study_on(folder: Path, kind: str, options: dict[str, object], *, text: str = SMALL) -> Path:
    """Write a study on a folder of data."""
    return study_file(folder, text.replace("KIND", kind).replace("OPTIONS", json.dumps(options)))


@pytest.mark.parametrize("what", IMAGES)
def test_images_that_no_study_can_use_are_one_line(
    what: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    break_folder, options, says = IMAGES[what]
    root = image_folder(tmp_path / "my data")
    break_folder(root)
    study = study_on(tmp_path, "image_folder", {"root": str(root), **options})
    assert_refused(capfd, tmp_path, ["experiments", "plan", study, "--store", tmp_path / "store"], says)


@pytest.mark.parametrize("what", MASKS)
def test_masks_that_no_study_can_use_are_one_line(
    what: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    break_folder, options, says = MASKS[what]
    root = mask_folder(tmp_path / "my data")
    break_folder(root)
    text = SMALL.replace("task: classification", AS_SEGMENTATION).replace(BACKBONE, "{name: resnet10t}")
    study = study_on(tmp_path, "mask_folder", {"root": str(root), **options}, text=text)
    assert_refused(capfd, tmp_path, ["experiments", "plan", study, "--store", tmp_path / "store"], says)

"""Every kind of broken data: it works, or one line names what is wrong. Never a traceback, never a silent skip."""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from datasets import catalog
from datasets.preparation.report import Report
from tests.test_datasets.own_data import image_folder, mask, mask_folder, picture, pixels

Break = Callable[[Path], object]
Options = Mapping[str, str | int | float | bool]


class Case(NamedTuple):
    """What is done to a sound folder, the options, and what must be said; '' where it must simply work."""

    name: str
    break_it: Break
    said: str
    options: Options = MappingProxyType({})
    warned: bool = False


def at(place: str, content: bytes) -> Break:
    return lambda root: Path(root / place).write_bytes(content)


def truncated(root: Path) -> None:
    path = root / "train/cat/0.jpg"
    Image.fromarray(pixels(1, size=(64, 64))).save(path)
    path.write_bytes(path.read_bytes()[:-300])


def saved(place: str, mode: str, **options: str) -> Break:
    def write(root: Path) -> None:
        Image.fromarray(pixels(77)).convert(mode).save(root / place, **options)

    return write


def sixteen_bits(root: Path) -> None:
    Image.fromarray(pixels(5, bands=1)[..., 0].astype(np.uint16) << 8).save(root / "train/cat/deep.png")


def floats(root: Path) -> None:
    Image.fromarray(pixels(5, bands=1)[..., 0].astype(np.float32) / 255).save(root / "train/cat/float.tiff")


def turned(root: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(pixels(9)).save(root / "train/cat/turned.jpg", exif=exif)


def pipe(root: Path) -> None:
    os.mkfifo(root / "train/cat/pipe.png")


def loop_of_folders(root: Path) -> None:
    (root / "train/cat/again").symlink_to(root / "train/cat", target_is_directory=True)


def loop_of_links(root: Path) -> None:
    (root / "train/cat/loop.png").symlink_to(root / "train/cat/loop.png")


def nowhere(root: Path) -> None:
    (root / "train/cat/gone.png").symlink_to(root / "nothing.png")


def moved(old: str, new: str) -> Break:
    return lambda root: (root / old).rename(root / new)


def removed(place: str) -> Break:
    return lambda root: shutil.rmtree(root / place)


def emptied(place: str) -> Break:
    def empty(root: Path) -> None:
        shutil.rmtree(root / place)
        (root / place).mkdir()

    return empty


def copied(source: str, target: str) -> Break:
    def copy(root: Path) -> None:
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / source, root / target)

    return copy


def one_class(root: Path) -> None:
    for split in ("train", "val"):
        shutil.rmtree(root / split / "dog")


def a_pixel(root: Path) -> None:
    picture(root / "train/cat/tiny.png", size=(1, 1))


def odd_names(root: Path) -> None:
    picture(root / "train/cat/ein Bild, größer & «schöner» 猫.png", 50)
    picture(Path(os.fsdecode(os.fsencode(root) + b"/train/cat/\xff\xfe.png")), 51)
    picture(root / "train/cat/two\nlines.png", 52)


def huge(root: Path) -> None:
    content = (root / "train/cat/0.png").read_bytes()
    wide = content[:16] + (100_000).to_bytes(4, "big") + (100_000).to_bytes(4, "big") + content[24:]
    (root / "train/cat/0.png").write_bytes(wide)


def a_bad_checksum(root: Path) -> None:
    content = bytearray((root / "train/cat/0.png").read_bytes())
    content[60] ^= 0xFF
    (root / "train/cat/0.png").write_bytes(bytes(content))


IMAGES = [
    Case("truncated JPEG", truncated, r"train/cat/0\.jpg: .*[Tt]runcated"),
    Case("zero bytes", at("train/cat/0.png", b""), r"train/cat/0\.png: an empty file"),
    Case("text called png", at("train/dog/3.png", b"hello"), r"train/dog/3\.png: not an image"),
    Case("a page of HTML called jpg", at("val/dog/x.jpg", b"<html>404"), r"val/dog/x\.jpg: not an image"),
    Case("flipped bits", a_bad_checksum, r"train/cat/0\.png: "),
    Case("a size that bursts the memory", huge, r"train/cat/0\.png: "),
    Case("a link to itself", loop_of_links, r"train/cat/loop\.png: Too many levels of symbolic links"),
    Case("a pipe", pipe, r"train/cat/pipe\.png: not a regular file"),
    Case("a link to nowhere", nowhere, r"train/cat/gone\.png: No such file"),
    Case("folders in a loop", loop_of_folders, r"train/cat/again: a link back", warned=True),
    Case("CMYK", saved("train/cat/c.jpg", "CMYK"), ""),
    Case("grey", saved("train/cat/l.png", "L"), ""),
    Case("black and white", saved("train/cat/1.png", "1"), ""),
    Case("palette", saved("train/cat/p.gif", "P"), ""),
    Case("transparent", saved("train/cat/a.png", "RGBA"), ""),
    Case("grey and transparent", saved("train/cat/la.png", "LA"), ""),
    Case("YCbCr", saved("train/cat/y.jpg", "YCbCr"), ""),
    Case("16 bits", sixteen_bits, ""),
    Case("floating point", floats, ""),
    Case("turned by EXIF", turned, "", {"size": "10x12"}),
    Case("a file in capitals", saved("train/cat/X.JPEG", "RGB"), ""),
    Case("names with spaces, Unicode, no UTF-8 and a line break", odd_names, ""),
    Case(
        "1x1 image",
        a_pixel,
        r"a side of less than 8 pixels: train/cat/tiny\.png",
        {"size": "10x12"},
        warned=True,
    ),
    Case("system litter", at("train/cat/.DS_Store", b"x"), ""),
    Case("another file", at("train/cat/notes.txt", b"x"), r"left out: train/cat/notes\.txt", warned=True),
    Case(
        "a file beside the classes",
        at("train/x.png", b"x"),
        r"outside the class folders, left out: train/x\.png",
        warned=True,
    ),
    Case("empty class", emptied("train/dog"), r"classes without a training image: dog"),
    Case("class that val lacks", removed("val/dog"), r"missing from the validation split: dog", warned=True),
    Case("class that train lacks", moved("train/dog", "train/dgo"), r"class is not in train/.*: val/dog"),
    Case("one class only", one_class, r"the number of classes is 1"),
    Case("no images", emptied("train"), r"train: no class folders with images"),
    Case("no train", removed("train"), r"there is val/ but no train/"),
    Case(
        "train twice",
        copied("train/cat/0.png", "training/cat/0.png"),
        r"train/ and training/ are both its train split",
    ),
    Case(
        "in two splits",
        copied("train/cat/1.png", "val/cat/9.png"),
        r"same image in two splits: train/cat/1\.png and val",
        warned=True,
    ),
    Case(
        "in two classes",
        copied("train/cat/1.png", "train/dog/9.png"),
        r"same image in two classes: train/cat/1\.png",
        warned=True,
    ),
    Case(
        "classes.txt without a class",
        at("classes.txt", b"cat\n"),
        r"class is not in train/ or classes\.txt: train/dog",
    ),
    Case(
        "classes.txt in Latin-1",
        at("classes.txt", b"k\xe4tzchen\n"),
        r"classes\.txt: cannot be read as UTF-8",
    ),
    Case("a class named twice", at("classes.txt", b"cat\ncat\n"), r"'cat' is listed twice"),
    Case(
        "a class without a folder",
        lambda root: None,
        r"class 'dgo' has no folder in train/; did you mean 'dog'",
        {"classes": "cat, dgo"},
    ),
    Case(
        "sizes that differ",
        lambda root: picture(root / "train/cat/wide.png", size=(40, 10)),
        r"images differ in size; set dataset\.options\.size",
    ),
    Case(
        "an idle option",
        lambda root: None,
        r"validation has no effect, the data provide val/",
        {"validation": 20},
    ),
]


def values(place: str, value: int, kind: type[np.generic] = np.uint8) -> Break:
    def write(root: Path) -> None:
        there = np.zeros((10, 12), kind)
        there[3, 4] = value
        Image.fromarray(there).save(root / place)

    return write


def palette_masks(root: Path) -> None:
    for path in root.glob("*/masks/*.png"):
        with Image.open(path) as plain:
            coloured = Image.frombytes("P", plain.size, plain.tobytes())
        coloured.putpalette([9, 9, 9, 200, 0, 0])
        coloured.save(path)


def coloured_masks(root: Path) -> None:
    for path in root.glob("*/masks/*.png"):
        Image.fromarray(
            np.array([[0, 0, 0], [255, 0, 0]], np.uint8)[np.arange(120).reshape(10, 12) % 2]
        ).save(path)


def small_mask(root: Path) -> None:
    mask(root / "train/masks/0.png", np.zeros((5, 6), np.uint8))


def turned_image(root: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    (root / "train/images/0.png").unlink()
    Image.fromarray(pixels(9)).save(root / "train/images/0.jpg", exif=exif)


def nothing_but_void(root: Path) -> None:
    for path in root.glob("*/masks/*.png"):
        mask(path, np.zeros((10, 12), np.uint8))


MASKS = [
    Case("wrong mask size", small_mask, r"train/images/0\.png: its mask is 6x5, the image 12x10"),
    Case("turned image, mask not turned", turned_image, r"0\.jpg: its mask is 12x10, .*rotated by its EXIF"),
    Case(
        "255 without ignore",
        values("train/masks/2.png", 255),
        r"value 255 in 1 pixels \(train/images/2\.png\).*ignore: 255",
    ),
    Case("255 with ignore", values("train/masks/2.png", 255), "", {"ignore": 255}),
    Case(
        "value beyond the classes",
        values("train/masks/2.png", 7),
        r"mask value 7 in 1 pixels \(train/images/2\.png\)",
        {"classes": "ground, thing"},
    ),
    Case("16-bit masks", values("train/masks/2.png", 1, np.uint16), ""),
    Case(
        "16-bit value",
        values("train/masks/2.png", 300, np.uint16),
        r"train/images/2\.png: its mask holds the value 300",
    ),
    Case("palette masks", palette_masks, ""),
    Case("coloured masks", coloured_masks, "", {"palette": "#000000, #FF0000"}),
    Case(
        "coloured masks without a palette",
        coloured_masks,
        r"train/images/0\.png.*mask 0\.png: the mask is in colours",
    ),
    Case(
        "a colour beyond the palette",
        coloured_masks,
        r"the colour #ff0000 \(60 pixels\) is not in the palette",
        {"palette": "#000000 #00ff00"},
    ),
    Case(
        "image without a mask",
        lambda root: (root / "train/masks/5.png").unlink(),
        r"images without masks, left out: train/images/5\.png",
        warned=True,
    ),
    Case(
        "mask without an image",
        lambda root: (root / "train/images/5.png").unlink(),
        r"masks without images, left out: train/masks/5\.png",
        warned=True,
    ),
    Case("broken mask", at("val/masks/3.png", b""), r"val/images/3\.png: mask 3\.png: an empty file"),
    Case("no masks at all", emptied("train/masks"), r"train/images: no image has a mask of the same name"),
    Case("no folder of masks", removed("train/masks"), r"train/masks: no such folder"),
    Case(
        "equal stems",
        copied("train/images/1.png", "train/images/1.jpg"),
        r"1\.jpg and 1\.png differ only in their extension",
    ),
    Case("masks of one class", nothing_but_void, r"the number of classes is 1"),
    Case(
        "classes that train does not show",
        lambda root: None,
        r"missing from the train split: third",
        {"classes": "one, two, third"},
        warned=True,
    ),
]


def judged(case: Case, root: Path, kind: str, cache: Path) -> tuple[str, Report]:
    """The refusal, or nothing; and the report. Sound data are loaded as well."""
    task = catalog.find(kind).tasks[0]
    options = {"root": str(root), **case.options}
    try:
        prepared = catalog.prepare(kind, task, options, cache=cache)
        catalog.raise_for_problems(kind, prepared)
        splits = catalog.load(kind, task, prepared.options, cache=cache, content=prepared.content)
    except ValueError as error:
        return str(error), Report()
    assert sum(len(part.images) for part in (splits.train, splits.validation, splits.test)) >= 10
    return "", prepared.report


@pytest.mark.parametrize(
    ("kind", "case"),
    [("image_folder", case) for case in IMAGES] + [("mask_folder", case) for case in MASKS],
    ids=[case.name for case in (*IMAGES, *MASKS)],
)
def test_broken_data_work_or_are_named_in_one_line(kind: str, case: Case, tmp_path: Path) -> None:
    root = (image_folder if kind == "image_folder" else mask_folder)(tmp_path / "my data")
    case.break_it(root)
    refused, report = judged(case, root, kind, tmp_path / "cache")
    said = "\n".join(report.warnings) if case.warned else refused
    assert "\n" not in refused
    assert bool(refused) == bool(case.said and not case.warned), refused
    assert re.search(case.said, said), said
    assert case.warned or case.said or not report.problems


def test_every_picture_of_a_sound_folder_is_in_a_split(tmp_path: Path) -> None:
    prepared = catalog.prepare(
        "image_folder",
        "classification",
        {"root": str(image_folder(tmp_path / "d"))},
        cache=tmp_path / "cache",
    )
    few = [line for line in prepared.report.warnings if "each is worth" not in line]
    assert few == []
    assert prepared.report.problems == ()


@pytest.mark.parametrize(
    ("root", "said"),
    [("", "no folder given"), ("/nowhere/at/all", "no such folder"), ("{file}", "is a file, not a folder")],
)
def test_a_root_that_is_no_folder_is_named(root: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    given = root.format(file=tmp_path / "file")
    with pytest.raises(ValueError, match=said):
        catalog.prepare("image_folder", "classification", {"root": given}, cache=tmp_path / "cache")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_named(tmp_path: Path) -> None:
    root = image_folder(tmp_path / "d")
    (root / "train/cat/0.png").chmod(stat.S_IWUSR)
    with pytest.raises(ValueError, match=r"train/cat/0\.png: Permission denied"):
        catalog.load("image_folder", "classification", {"root": str(root)}, cache=tmp_path / "cache")

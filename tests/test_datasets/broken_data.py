"""Ways to break a sound folder of images, and an assertion that the data check answers each in one line."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from PIL import Image

from datasets import catalog
from datasets.preparation.report import Report
from tests.test_datasets.own_data import image_folder, mask_folder, pixels

Break = Callable[[Path], object]
Options = Mapping[str, str | int | float | bool]


class Case(NamedTuple):
    """How a sound folder is changed, the options, and a pattern of the message; "" if the data must load.

    is_warning: the message is a warning of the report, not an error.
    """

    name: str
    break_folder: Break
    message: str
    options: Options = MappingProxyType({})
    is_warning: bool = False


def name_of(case: Case) -> str:
    """Return the case's name, as a test id."""
    return case.name


def assert_answer(case: Case, kind: str, folder: Path) -> None:
    """Break a sound folder below `folder` and assert that the data check answers in one line, as the case says."""
    root = (image_folder if kind == "image_folder" else mask_folder)(folder / "my data")
    case.break_folder(root)
    error, report = check_and_load(kind, {"root": str(root), **case.options}, folder / "cache")
    message = "\n".join(report.warnings) if case.is_warning else error
    assert "\n" not in error
    assert bool(error) == bool(case.message and not case.is_warning), error
    assert re.search(case.message, message), message
    assert case.is_warning or case.message or not report.problems


def check_and_load(kind: str, options: Options, cache: Path) -> tuple[str, Report]:
    """Return the error, or "", and the report; sound data must load."""
    task = catalog.find(kind).tasks[0]
    try:
        prepared = catalog.prepare(kind, task, options, cache=cache)
        catalog.raise_for_problems(kind, prepared)
        splits = catalog.load(kind, task, prepared.options, cache=cache, content=prepared.content)
    except ValueError as error:
        return str(error), Report()
    assert sum(len(split.images) for split in (splits.train, splits.validation, splits.test)) >= 10
    return "", prepared.report


def do_nothing(root: Path) -> None:
    """Leave the folder as it is: the options are at fault."""


def write(path: str, content: bytes) -> Break:
    return lambda root: (root / path).write_bytes(content)


def save_image(path: str, mode: str) -> Break:
    return lambda root: Image.fromarray(pixels(77)).convert(mode).save(root / path)


def save_rotated(path: str) -> Break:
    """Save an image whose EXIF orientation rotates it by a quarter."""

    def save(root: Path) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        Image.fromarray(pixels(9)).save(root / path, exif=exif)

    return save


def rename(old: str, new: str) -> Break:
    return lambda root: (root / old).rename(root / new)


def remove(path: str) -> Break:
    return lambda root: shutil.rmtree(root / path)


def remove_file(path: str) -> Break:
    return lambda root: (root / path).unlink()


def empty(path: str) -> Break:
    def replace_by_empty_folder(root: Path) -> None:
        shutil.rmtree(root / path)
        (root / path).mkdir()

    return replace_by_empty_folder


def copy(source: str, target: str) -> Break:
    def copy_file(root: Path) -> None:
        (root / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / source, root / target)

    return copy_file

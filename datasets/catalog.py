"""The data sets by name: what they hold, which options they take, and loading one for a task."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from user_error import UserError

from . import array_cache, cached_loading, options
from .options import Option
from .preparation import prepare as preparing
from .preparation.known_locations import recall
from .preparation.prepare import Prepared
from .preparation.report import Report
from .preparation.split import SPLITS
from .sources import benchmark_sets, cluttered_digits, image_folder, mask_folder
from .sources.file_dataset import COMMON, OnDisk

if TYPE_CHECKING:
    from .options import Scalar
    from .streaming import Rows


class Split(NamedTuple):
    """images (N,C,H,W) uint8, mapped from the disk; targets (N,) int64 (classes) or (N,H,W) uint8 (masks).

    Rows that are too large for the cache are decoded when they are indexed; everything else is a tensor.
    """

    images: Rows
    targets: Rows


class Splits(NamedTuple):
    """What a run trains, selects and is judged on. `content`: SHA-256 of all its bits and class names."""

    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]
    ignore_index: int | None
    content: str


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """One row of the table. `targets` maps each task to the arrays that answer it.

    `code` is the digest of the source that makes them; `mean` and `std` scale each channel's 0..1 for a network.
    """

    name: str
    title: str
    licence: str
    channels: int
    targets: Mapping[str, str]
    options: Mapping[str, Option]
    classes: Callable[[Mapping[str, int | str], str], tuple[str, ...]]
    check: Callable[[Mapping[str, int | str]], None]
    make: Callable[[Mapping[str, int | str]], Mapping[str, NDArray[Any]]]
    code: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    ignore_index: int | None = None

    @property
    def tasks(self) -> tuple[str, ...]:
        """What it can be used for."""
        return tuple(self.targets)


def _digest(source: ModuleType) -> str:
    """Of a module's file, at import: an edit while a study runs must not pass for the code that runs."""
    assert source.__file__ is not None
    return hashlib.sha256(Path(source.__file__).read_bytes()).hexdigest()


_CLASSES = Option(default="", read=options.text, help="names separated by commas; else classes.txt")
CATALOG: dict[str, Dataset | OnDisk] = {
    "cluttered_digits": Dataset(
        name="cluttered_digits",
        title="one handwritten digit among fragments of others, from scikit-learn's 1,797 digits",
        licence="CC BY 4.0 (the digits), made in memory",
        channels=1,
        targets={"classification": "labels", "segmentation": "masks"},
        options=cluttered_digits.OPTIONS,
        classes=cluttered_digits.classes,
        check=cluttered_digits.check,
        make=cluttered_digits.make,
        code=_digest(cluttered_digits),
        mean=(0.2,),
        std=(0.2,),
    ),
    "image_folder": OnDisk(
        name="image_folder",
        title="own images: root/train/<class>/*, root/val/..., root/test/...",
        licence="your own",
        tasks=("classification",),
        read=lambda filled, task, cache: image_folder.read(filled),
        options={**COMMON, "classes": _CLASSES},
    ),
    "mask_folder": OnDisk(
        name="mask_folder",
        title="own images with masks: root/<split>/images/*, root/<split>/masks/*",
        licence="your own",
        tasks=("segmentation",),
        read=lambda filled, task, cache: mask_folder.read(filled),
        options={**COMMON, "classes": _CLASSES, **mask_folder.OPTIONS},
    ),
    **{row.name: row for row in benchmark_sets.ROWS},
}


def find(name: str) -> Dataset | OnDisk:
    """The row of `name`; UserError names the nearest one."""
    if name not in CATALOG:
        raise UserError(f"no data set {name!r}; {options.nearest(name, CATALOG)}")
    return CATALOG[name]


def resolve(name: str, given: Mapping[str, Scalar], *, task: str | None = None) -> dict[str, int | str]:
    """All options of a data set, checked, with `given` over the defaults; cheap, loads nothing.

    With a task, those that its data do not depend on are left out, and to set one is an error.
    """
    row = find(name)
    filled = options.fill(f"data set {name}", row.options, given)
    row.check(filled)
    if task is None:
        return filled
    _has(row, task)
    for key in given:
        if task not in row.options[key].tasks and given[key] != row.options[key].default:
            raise UserError(f"data set {name}: {key} changes nothing in {task}; leave it out")
    return {key: value for key, value in filled.items() if task in row.options[key].tasks}


def prepare(
    name: str, task: str, given: Mapping[str, Scalar], *, cache: Path, content: str | None = None
) -> Prepared:
    """What a study needs to know of its data: content, options of the key, report.

    Data on the disk are looked at (once: the cache remembers) and can from then on be loaded by their content; with
    `content` and without a root, they are looked for where they were seen last. Raises UserError, one line.
    """
    row = find(name)
    filled = resolve(name, given, task=task)
    if isinstance(row, Dataset):
        return Prepared("", filled, Report())
    if content and not filled["root"]:
        filled = filled | {"root": recall(cache, content)["root"]}
    return preparing.prepare(row, task, filled, given, cache=cache)


def load(
    name: str, task: str, given: Mapping[str, Scalar], *, cache: Path, content: str | None = None
) -> Splits:
    """The three splits of a data set for a task, made on first use and kept in `cache`, a folder.

    content: of data on the disk, what `prepare` called them; without it they are prepared first.
    """
    row = find(name)
    resolve(name, given, task=task)
    if isinstance(row, OnDisk):
        return _load_from_disk(row, task, given, cache, content)
    filled = resolve(name, given)
    target = row.targets[task]
    names = [f"{split}_{kind}" for split in SPLITS for kind in ("images", target)]
    stored = array_cache.fetch(cache / _recipe(row, filled), lambda: row.make(filled), names=names)
    train, validation, test = (
        _split(stored.arrays[f"{split}_images"], stored.arrays[f"{split}_{target}"]) for split in SPLITS
    )
    classes = row.classes(filled, task)
    content = array_cache.digest({**stored.hashes, "classes": " ".join(classes)})
    return Splits(train, validation, test, classes, row.ignore_index, content)


def _load_from_disk(
    row: OnDisk, task: str, given: Mapping[str, Scalar], cache: Path, content: str | None
) -> Splits:
    options_: Mapping[str, Any] = given
    if content is None or "root" in given:
        prepared = prepare(row.name, task, given, cache=cache)
        refuse(row.name, prepared)
        options_, content = prepared.options, prepared.content
    loaded = cached_loading.load(row, task, options_, content, cache=cache)
    train, validation, test = (
        _split(loaded.arrays[f"{split}_images"], loaded.arrays[f"{split}_targets"]) for split in SPLITS
    )
    return Splits(train, validation, test, loaded.classes, loaded.ignore, content)


def refuse(name: str, prepared: Prepared) -> None:
    """Raises UserError, one line, for data that cannot be trained on."""
    problems = prepared.report.problems
    if problems:
        more = (
            f" (and {len(problems) - 1} more: `python -m experiments check-data` shows all)"
            if problems[1:]
            else ""
        )
        raise UserError(f"data set {name}: {problems[0]}{more}")
    if not prepared.options.get("size", "built in"):
        raise UserError(f"data set {name}: the images differ in size; give dataset.options.size, such as 224")


def _has(row: Dataset | OnDisk, task: str) -> None:
    if task not in row.tasks:
        raise UserError(f"data set {row.name} has no task {task!r}; {options.nearest(task, row.tasks)}")


def _split(images: NDArray[Any] | Rows, targets: NDArray[Any] | Rows) -> Split:
    import torch  # here alone, so that checking a study's options stays cheap

    rows = (torch.from_numpy(part) if isinstance(part, np.ndarray) else part for part in (images, targets))
    return Split(*rows)


def _recipe(row: Dataset, filled: Mapping[str, int | str]) -> str:
    """The name of the cached folder: it changes with the options and with the code that makes the arrays."""
    return array_cache.digest({"name": row.name, "code": row.code, **{k: str(v) for k, v in filled.items()}})[
        :16
    ]

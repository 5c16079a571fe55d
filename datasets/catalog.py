"""The catalog of data sets: what they contain, which options they take, and loading one for a task."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from user_error import UserError, nearest

from . import array_cache
from .cached_loading import load_content
from .options import Option, fill_options, parse_text
from .preparation.known_locations import recall
from .preparation.prepare import Prepared, prepare_files
from .preparation.report import Report
from .sources import benchmark_sets, cluttered_digits, image_folder, mask_folder
from .sources.file_dataset import COMMON_OPTIONS, FileDataset
from .sources.listing import SPLITS

if TYPE_CHECKING:
    from .options import Scalar
    from .streaming import Rows


class Split(NamedTuple):
    """Images (N,C,H,W) uint8 and targets: labels (N,) int64 or masks (N,H,W) uint8.

    Both are tensors mapped from disk, or rows that are decoded when indexed where the cache has no room for them.
    """

    images: Rows
    targets: Rows


class Splits(NamedTuple):
    """The splits that a run trains on, selects on and is tested on; `content`: SHA-256 of bits and class names."""

    train: Split
    validation: Split
    test: Split
    classes: tuple[str, ...]
    ignore_index: int | None
    content: str


@dataclass(frozen=True, kw_only=True)
class GeneratedDataset:
    """One entry of the catalog whose examples are computed. `targets` maps each task to the name of its targets.

    `code` is the hash of the source file that computes them; `mean` and `std` normalize each channel's 0..1.
    """

    name: str
    title: str
    license: str
    channels: int
    targets: Mapping[str, str]
    options: Mapping[str, Option]
    class_names: Callable[[Mapping[str, int | str], str], tuple[str, ...]]
    check_options: Callable[[Mapping[str, int | str]], None]
    make_arrays: Callable[[Mapping[str, int | str]], Mapping[str, NDArray[Any]]]
    code: str
    mean: tuple[float, ...]
    std: tuple[float, ...]
    ignore_index: int | None = None

    @property
    def tasks(self) -> tuple[str, ...]:
        """The tasks that it has targets for."""
        return tuple(self.targets)


def _hash_source(source: ModuleType) -> str:
    """Hash a module's file at import, so that an edit while a study runs is not taken for the code that runs."""
    assert source.__file__ is not None
    return hashlib.sha256(Path(source.__file__).read_bytes()).hexdigest()


Dataset = GeneratedDataset | FileDataset
_CLASSES = Option(
    default="", parse=parse_text, help="class names separated by commas; default: those in classes.txt"
)
CATALOG: dict[str, Dataset] = {
    "cluttered_digits": GeneratedDataset(
        name="cluttered_digits",
        title="one handwritten digit among fragments of others, from scikit-learn's 1,797 digits",
        license="CC BY 4.0 (the digits), made in memory",
        channels=1,
        targets={"classification": "labels", "segmentation": "masks"},
        options=cluttered_digits.OPTIONS,
        class_names=cluttered_digits.class_names,
        check_options=cluttered_digits.check_options,
        make_arrays=cluttered_digits.make_arrays,
        code=_hash_source(cluttered_digits),
        mean=(0.2,),
        std=(0.2,),
    ),
    "image_folder": FileDataset(
        name="image_folder",
        title="your own images: root/train/<class>/*, root/val/..., root/test/..., and other layouts",
        license="your own",
        tasks=("classification",),
        list_examples=lambda filled, task, cache: image_folder.list_examples(filled),
        options={**COMMON_OPTIONS, "classes": _CLASSES},
    ),
    "mask_folder": FileDataset(
        name="mask_folder",
        title="your own images with masks: root/<split>/images/*, root/<split>/masks/*, and other layouts",
        license="your own",
        tasks=("segmentation",),
        list_examples=lambda filled, task, cache: mask_folder.list_examples(filled),
        options={**COMMON_OPTIONS, "classes": _CLASSES, **mask_folder.OPTIONS},
    ),
    **{dataset.name: dataset for dataset in benchmark_sets.DATASETS},
}


def find(name: str) -> Dataset:
    """Return the data set `name`. Raises UserError with the nearest name if there is none."""
    if name not in CATALOG:
        raise UserError(f"no data set {name!r}{nearest(name, CATALOG)}")
    return CATALOG[name]


def resolve(name: str, given: Mapping[str, Scalar], *, task: str | None = None) -> dict[str, int | str]:
    """Return all options of a data set, checked, `given` over the defaults; loads nothing.

    With a task, options that do not change its data are left out. Raises UserError for an unknown name, option or
    task, a value that is not allowed, and an option set without effect.
    """
    dataset = find(name)
    filled = fill_options(f"data set {name}", dataset.options, given)
    dataset.check_options(filled)
    if task is None:
        return filled
    _check_task(dataset, task)
    for key in given:
        if task not in dataset.options[key].tasks and given[key] != dataset.options[key].default:
            raise UserError(f"data set {name}: {key} has no effect in {task}; leave it out")
    return {key: value for key, value in filled.items() if task in dataset.options[key].tasks}


def prepare(
    name: str, task: str, given: Mapping[str, Scalar], *, cache: Path, content: str | None = None
) -> Prepared:
    """Return what a study needs to know of its data: the content's hash, the options of a run's key, the report.

    Files are inspected once, and can be loaded by their content from then on; with `content` and without a root, they
    are looked for where they were last found. Raises UserError for files that cannot be listed.
    """
    dataset = find(name)
    filled = resolve(name, given, task=task)
    if isinstance(dataset, GeneratedDataset):
        return Prepared("", filled, Report())
    if content and not filled["root"]:
        filled = filled | {"root": recall(cache, content)["root"]}
    return prepare_files(dataset, task, filled, given, cache=cache)


def load(
    name: str,
    task: str,
    given: Mapping[str, Scalar],
    *,
    cache: Path,
    content: str | None = None,
    is_kept: bool = True,
) -> Splits:
    """Load the three splits of a data set for a task, made on first use and kept in the folder `cache`.

    content: the hash that `prepare` returned for data made of files; without it they are prepared first. is_kept:
    False decodes files that are not in the cache when they are indexed, and keeps nothing. Raises UserError for
    options, a task or data that cannot be used.
    """
    dataset = find(name)
    resolve(name, given, task=task)
    if isinstance(dataset, FileDataset):
        return _load_files(dataset, task, given, cache, content, is_kept=is_kept)
    filled = resolve(name, given)
    target = dataset.targets[task]
    names = [f"{split}_{kind}" for split in SPLITS for kind in ("images", target)]
    stored = array_cache.fetch(
        cache / _cache_folder_name(dataset, filled), lambda: dataset.make_arrays(filled), names=names
    )
    train, validation, test = (
        _to_split(stored.arrays[f"{split}_images"], stored.arrays[f"{split}_{target}"]) for split in SPLITS
    )
    classes = dataset.class_names(filled, task)
    content = array_cache.digest({**stored.hashes, "classes": " ".join(classes)})
    return Splits(train, validation, test, classes, dataset.ignore_index, content)


def _load_files(
    dataset: FileDataset,
    task: str,
    given: Mapping[str, Scalar],
    cache: Path,
    content: str | None,
    *,
    is_kept: bool,
) -> Splits:
    options: Mapping[str, Any] = given
    if content is None or "root" in given:
        prepared = prepare(dataset.name, task, given, cache=cache)
        raise_for_problems(dataset.name, prepared)
        options, content = prepared.options, prepared.content
    loaded = load_content(dataset, task, options, content, cache=cache, is_kept=is_kept)
    train, validation, test = (
        _to_split(loaded.arrays[f"{split}_images"], loaded.arrays[f"{split}_targets"]) for split in SPLITS
    )
    return Splits(train, validation, test, loaded.classes, loaded.ignore_index, content)


def raise_for_problems(name: str, prepared: Prepared) -> None:
    """Raise UserError with the first problem of data that cannot be trained on."""
    problems = prepared.report.problems
    if problems:
        more = (
            f" (and {len(problems) - 1} more: run `python -m experiments check-data` to see all)"
            if problems[1:]
            else ""
        )
        raise UserError(f"data set {name}: {problems[0]}{more}")
    if not prepared.options.get("size", "built in"):
        raise UserError(f"data set {name}: the images differ in size; set dataset.options.size, such as 224")


def _check_task(dataset: Dataset, task: str) -> None:
    if task not in dataset.tasks:
        raise UserError(f"data set {dataset.name} has no task {task!r}{nearest(task, dataset.tasks)}")


def _to_split(images: NDArray[Any] | Rows, targets: NDArray[Any] | Rows) -> Split:
    import torch  # imported here, so that checking a study's options stays fast

    rows = (torch.from_numpy(each) if isinstance(each, np.ndarray) else each for each in (images, targets))
    return Split(*rows)


def _cache_folder_name(dataset: GeneratedDataset, filled: Mapping[str, int | str]) -> str:
    """Return a name that changes with the options and with the code that makes the arrays."""
    return array_cache.digest(
        {"name": dataset.name, "code": dataset.code, **{k: str(v) for k, v in filled.items()}}
    )[:16]

"""Prepare a data set made of files: inspect it once, split it, and name it by the hash of its content."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import PIL

from user_error import UserError

from .. import array_cache
from ..masks import decoding, lossy_formats, values
from ..options import Scalar
from ..sources import image_decoding
from ..sources.file_dataset import FileDataset, Options
from ..sources.image_decoding import ImageFormat
from ..sources.listing import SPLITS, Ints, Listing, printable
from . import format_changes, mask_classes
from . import index as index_module
from .index import Index, load_index
from .known_locations import remember
from .mask_classes import settle_classes
from .report import Report, build_report
from .split import TEST_PERCENT_OF_TRAIN, TEST_PERCENT_OF_VALIDATION, complete_splits

SPLIT_OPTIONS = ("validation", "test", "split_seed")
LOCATION_OPTIONS = ("root", "mask_suffix")
"""Options that say where the data are: the hash of the content stands for them in a run's key."""
DECODING_CODE = (image_decoding, index_module, format_changes, mask_classes, decoding, lossy_formats, values)
"""What the index and the decoded arrays in the cache depend on."""


class Prepared(NamedTuple):
    """What a study needs to know: the content's hash, the options that belong in a run's key, and the report."""

    content: str
    options: dict[str, int | str]
    report: Report


class Inspected(NamedTuple):
    """A listing, the positions of its three splits, and what was found."""

    listing: Listing
    splits: dict[str, Ints]
    prepared: Prepared


def prepare_files(
    dataset: FileDataset, task: str, filled: Options, given: Mapping[str, Scalar], *, cache: Path
) -> Prepared:
    """Inspect the data, at most once, and remember where they are.

    filled: all options; given: those that the user wrote. Raises UserError for a layout that cannot be read; what is
    wrong with single examples is in the report.
    """
    inspected = inspect(dataset, task, filled, given, cache)
    if not inspected.prepared.report.problems:
        names = {
            split: [printable(inspected.listing.names[position]) for position in positions]
            for split, positions in inspected.splits.items()
        }
        content = inspected.prepared.content
        remember(dataset.name, task, filled, names, content=content, cache=cache)
    return inspected.prepared


def inspect(
    dataset: FileDataset, task: str, filled: Options, given: Mapping[str, Scalar], cache: Path
) -> Inspected:
    """List the examples, inspect them and complete the splits. Raises UserError as `prepare_files` does."""
    masks = task == "segmentation"
    listing = dataset.list_examples(filled, task, cache)
    if not listing.names:
        problems = listing.problems or ("there are no images",)
        report = Report((), listing.warnings, problems)
        return Inspected(listing, {}, Prepared("", dict(filled), report))
    index = _fetch_index(dataset, listing, filled, task, cache)
    listing, index = settle_classes(listing, index) if masks else (listing, index)
    _reject_unused_options(dataset, listing, given)
    complete = partial(
        complete_splits,
        listing,
        _choose_strata(listing, index),
        validation=int(filled["validation"]),
        test=int(filled["test"]),
    )
    splits, origins = complete(seed=int(filled["split_seed"]))
    report = build_report(
        listing, index, splits, origins, masks=masks, draw=lambda seed: complete(seed=seed)[0]
    )
    content = _hash_content(listing, index, splits, task)
    options = _select_key_options(dataset, listing, index, filled)
    cost = _describe_cost(listing, splits, options, content, masks=masks, cache=cache)
    report = replace(report, facts=(*report.facts, *cost))
    return Inspected(listing, splits, Prepared(content, options, report))


def _fetch_index(dataset: FileDataset, listing: Listing, filled: Options, task: str, cache: Path) -> Index:
    """Return the index of the listing. Raises UserError if the cache cannot be written."""
    parts = {key: str(value) for key, value in filled.items() if key not in (*SPLIT_OPTIONS, "size", "fit")}
    parts |= {"root": os.path.realpath(parts["root"])}
    parts |= {"name": dataset.name, "task": task, "stamp": listing.fingerprint, "code": _hash_decoder()}
    folder = cache / f"index-{array_cache.digest(parts)[:16]}"
    try:
        return load_index(listing, folder, masks=task == "segmentation")
    except OSError as error:
        raise UserError(
            f"{cache}: the cache cannot be written ({error.strerror or error}); set ABLATION_CACHE to another folder"
        ) from error


def _reject_unused_options(dataset: FileDataset, listing: Listing, given: Mapping[str, Scalar]) -> None:
    """Raise UserError for options that the user wrote and that have no effect on this data."""
    for split in ("validation", "test"):
        if split in given and split in listing.splits:
            raise UserError(
                f"data set {dataset.name}: {split} has no effect, the data provide {listing.origins[split]};"
                " leave it out"
            )
    if "split_seed" in given and {"validation", "test"} <= listing.splits.keys():
        raise UserError(
            f"data set {dataset.name}: split_seed has no effect, the data provide all splits; leave it out"
        )


def _choose_strata(listing: Listing, index: Index) -> Ints:
    """Return what the splits keep in equal shares: the class of an image, the most common class of a mask."""
    if len(listing.labels):
        return listing.labels
    counts = index.values[:, : max(1, len(listing.classes))]
    strata: Ints = counts.argmax(1).astype(np.int64)
    return strata


def _hash_content(listing: Listing, index: Index, splits: Mapping[str, Ints], task: str) -> str:
    """Return the SHA-256 of the data: classes, and the examples with their labels or masks in order, by split."""
    total = hashlib.sha256(json.dumps([task, listing.classes, listing.ignore_index]).encode())
    for split in SPLITS:
        positions = splits[split]
        total.update(f"{split} {len(positions)}".encode())
        total.update(index.hashes[positions].tobytes())
        total.update(listing.labels[positions].tobytes() if len(listing.labels) else b"")
    return total.hexdigest()


def _select_key_options(
    dataset: FileDataset, listing: Listing, index: Index, filled: Options
) -> dict[str, int | str]:
    """Return the options that can change a result, with defaults resolved: without the root and unused ones."""
    options = {
        key: value
        for key, value in filled.items()
        if key not in LOCATION_OPTIONS
        and not (dataset.options[key].is_absent_at_default and value == dataset.options[key].default)
    }
    sizes = {tuple(size) for size in index.sizes.tolist()}
    if not options["size"] and len(sizes) == 1:
        height, width = sizes.pop()
        options["size"] = f"{height}x{width}"
    if {"validation", "test"} <= listing.splits.keys():
        options.pop("split_seed")
    if not options["test"]:
        has_validation = "validation" in listing.splits
        options["test"] = TEST_PERCENT_OF_VALIDATION if has_validation else TEST_PERCENT_OF_TRAIN
    for split in ("validation", "test"):
        if split in listing.splits:
            options.pop(split)
    return options


def _describe_cost(
    listing: Listing, splits: Mapping[str, Ints], options: Options, content: str, *, masks: bool, cache: Path
) -> Iterator[str]:
    """Say how large the decoded data are and whether they fit in the cache."""
    if not options["size"]:
        yield "size: the images differ in size, so a study must set dataset.options.size, such as 224"
        return
    size = decoded_bytes(splits, image_format(options, listing.channels), masks)
    is_cached = pixel_folder(cache, content, options).exists()
    reason = None if is_cached else array_cache.explain_lack_of_space(cache, size)
    how = f"streamed, decoded again in every epoch: {reason}" if reason else "cached, shared by all runs"
    yield f"decoded: {size / 1e6:.0f} MB at {options['size']}, {how}"


def decoded_bytes(splits: Mapping[str, Ints], target: ImageFormat, masks: bool) -> int:
    """Return the bytes of all decoded images, and masks."""
    layers = target.channels + (1 if masks else 0)
    return sum(len(positions) for positions in splits.values()) * layers * target.height * target.width


def image_format(options: Options, channels: int) -> ImageFormat:
    """Return the format that the options `size` and `fit` describe."""
    height, width = str(options["size"]).split("x")
    return ImageFormat(int(height), int(width), str(options["fit"]), channels)


def pixel_folder(cache: Path, content: str, options: Options) -> Path:
    """Return the folder of the cache for the decoded images of this content."""
    parts = {key: str(value) for key, value in options.items() if key != "root"}
    return cache / f"pixels-{array_cache.digest({'content': content, 'code': _hash_decoder(), **parts})[:16]}"


def _hash_decoder() -> str:
    """Hash what decoded bytes depend on besides the files: our decoder and Pillow's version."""
    sources = (str(module.__file__) for module in DECODING_CODE)
    return hashlib.sha256(b"".join(Path(s).read_bytes() for s in sources)).hexdigest()[:16] + PIL.__version__

"""Preparing data that are files: looked at once, split, and named by the hash of their content."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import PIL

from user_error import UserError

from .. import array_cache
from ..options import Scalar
from ..sources import image_decoding
from ..sources.file_dataset import OnDisk, Options
from ..sources.image_decoding import Frame
from ..sources.listing import Ints, Listing, shown
from . import index as examining
from . import known_locations
from . import report as reporting
from . import split as splitting
from .index import Index
from .report import Report

SPLITS = splitting.SPLITS
OF_DRAWING = ("validation", "test", "split_seed")


class Prepared(NamedTuple):
    """What a study needs to know: the content's hash, the options that belong into a run's key, and the report."""

    content: str
    options: dict[str, int | str]
    report: Report


class Seen(NamedTuple):
    """A listing with what was found in it, split."""

    listing: Listing
    parts: dict[str, Ints]
    prepared: Prepared


def prepare(row: OnDisk, task: str, filled: Options, given: Mapping[str, Scalar], *, cache: Path) -> Prepared:
    """Look at the data, at most once; remember where they are. `given`: the options that the user wrote.

    Raises UserError, one line, for a layout that cannot be read; what is wrong inside is in the report.
    """
    seen = see(row, task, filled, given, cache)
    if not seen.prepared.report.problems:
        names = {
            split: [shown(seen.listing.names[at]) for at in found] for split, found in seen.parts.items()
        }
        known_locations.remember(row.name, task, filled, names, content=seen.prepared.content, cache=cache)
    return seen.prepared


def see(row: OnDisk, task: str, filled: Options, given: Mapping[str, Scalar], cache: Path) -> Seen:
    """A listing, examined and split."""
    masks = task == "segmentation"
    listing = row.read(filled, task, cache)
    if not listing.names:
        why = listing.problems or ("there are no images",)
        nothing = Prepared("", dict(filled), Report((), listing.warnings, why))
        return Seen(listing, {}, nothing)
    index = _examined(row, listing, filled, task, cache)
    listing = _with_classes(listing, index) if masks else listing
    _refuse_idle(row, listing, given)
    parts, places = splitting.complete(
        listing,
        _strata(listing, index),
        validation=int(filled["validation"]),
        test=int(filled["test"]),
        seed=int(filled["split_seed"]),
    )
    found = reporting.report(listing, index, parts, places, masks=masks)
    content = _content(listing, index, parts, task)
    options = _of_key(listing, index, filled)
    facts = (*found.facts, *_cost(listing, parts, options, content, masks=masks, cache=cache))
    return Seen(listing, parts, Prepared(content, options, replace(found, facts=facts)))


def _examined(row: OnDisk, listing: Listing, filled: Options, task: str, cache: Path) -> Index:
    what = {key: str(value) for key, value in filled.items() if key not in (*OF_DRAWING, "size", "fit")}
    what |= {"root": os.path.realpath(what["root"])}
    key = array_cache.digest(
        {"name": row.name, "task": task, "stamp": listing.stamp, "code": _code(), **what}
    )
    try:
        return examining.examine(listing, cache / f"index-{key[:16]}", masks=task == "segmentation")
    except OSError as error:
        raise UserError(
            f"{cache}: the cache cannot be written ({error.strerror or error}); set ABLATION_CACHE to another folder"
        ) from error


def _with_classes(listing: Listing, index: Index) -> Listing:
    """Without names given, the classes of masks are 0 to the largest value that is there."""
    if listing.classes:
        return listing
    values = [value for value in np.flatnonzero(index.values.sum(0)).tolist() if value != listing.ignore]
    if values[-1:] == [255] and 254 not in values:
        values = values[:-1]  # reported as a value that is no class, with the way out
    return replace(listing, classes=tuple(f"class {value}" for value in range(max(values, default=0) + 1)))


def _refuse_idle(row: OnDisk, listing: Listing, given: Mapping[str, Scalar]) -> None:
    """Options that the user wrote and that change nothing here."""
    for split in ("validation", "test"):
        if split in given and split in listing.given:
            raise UserError(
                f"data set {row.name}: {split} changes nothing, the data bring {listing.places[split]}; leave it out"
            )
    if "split_seed" in given and {"validation", "test"} <= listing.given.keys():
        raise UserError(
            f"data set {row.name}: split_seed changes nothing, all splits are there; leave it out"
        )


def _strata(listing: Listing, index: Index) -> Ints:
    """What is kept in equal shares: an image's class; a mask's commonest one."""
    if len(listing.labels):
        return listing.labels
    counts = index.values[:, : max(1, len(listing.classes))]
    strata: Ints = counts.argmax(1).astype(np.int64)
    return strata


def _content(listing: Listing, index: Index, parts: Mapping[str, Ints], task: str) -> str:
    """SHA-256 of what is trained and tested on: examples in their order by split, labels or masks, classes."""
    total = hashlib.sha256(json.dumps([task, listing.classes, listing.ignore]).encode())
    for split in SPLITS:
        positions = parts[split]
        total.update(f"{split} {len(positions)}".encode())
        total.update(index.digests[positions].tobytes())
        total.update(listing.labels[positions].tobytes() if len(listing.labels) else b"")
    return total.hexdigest()


def _of_key(listing: Listing, index: Index, filled: Options) -> dict[str, int | str]:
    """The options that the result may depend on: not the place, not what draws no split, not `fit` where all fit."""
    kept = dict(filled)
    kept.pop("root")
    sizes = {tuple(size) for size in index.sizes.tolist()}
    if not kept["size"] and len(sizes) == 1:
        height, width = sizes.pop()
        kept["size"] = f"{height}x{width}"
    if {"validation", "test"} <= listing.given.keys():
        kept.pop("split_seed")
    if not kept["test"]:
        kept["test"] = splitting.FROM_VALIDATION if "validation" in listing.given else splitting.FROM_TRAIN
    for split in ("validation", "test"):
        if split in listing.given:
            kept.pop(split)
    return kept


def _cost(
    listing: Listing, parts: Mapping[str, Ints], options: Options, content: str, *, masks: bool, cache: Path
) -> Iterator[str]:
    """What becomes of them in the cache."""
    if not options["size"]:
        yield "size: the images differ in it, so a study must give dataset.options.size, such as 224"
        return
    frame = frame_of(options, listing.channels)
    wanted = size_of(parts, frame, masks)
    why = None if folder_of(cache, content, options).exists() else array_cache.no_room(cache, wanted)
    how = f"streamed, decoded anew in every epoch: {why}" if why else "kept in the cache, shared by all runs"
    yield f"decoded: {wanted / 1e6:.0f} MB at {options['size']}, {how}"


def size_of(parts: Mapping[str, Ints], frame: Frame, masks: bool) -> int:
    """Bytes of all images, and masks, decoded."""
    layers = frame.channels + (1 if masks else 0)
    return sum(len(positions) for positions in parts.values()) * layers * frame.height * frame.width


def frame_of(options: Options, channels: int) -> Frame:
    """The form that images are brought to."""
    height, width = str(options["size"]).split("x")
    return Frame(int(height), int(width), str(options["fit"]), channels)


def _code() -> str:
    """What the cached bytes depend on besides the files: this decoder and Pillow's."""
    sources = (image_decoding.__file__, examining.__file__)
    return hashlib.sha256(b"".join(Path(s).read_bytes() for s in sources)).hexdigest()[:16] + PIL.__version__


def folder_of(cache: Path, content: str, options: Options) -> Path:
    """Where the cache has the decoded data of this content."""
    what = {key: str(value) for key, value in options.items() if key != "root"}
    return cache / f"pixels-{array_cache.digest({'content': content, 'code': _code(), **what})[:16]}"

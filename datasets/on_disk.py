"""Data sets that are files: prepared once (looked at, split, named by their content), then loaded by that name.

Where the files lie is no part of what they are: a run names its data by the hash of their content, and the cache
remembers in `known/<content>.json` where that content was last seen.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import PIL

from . import array_cache, examining, pictures, reporting, splitting
from .array_cache import Array, Parts
from .examining import Index
from .listing import Ints, Listing, shown
from .options import Option, Scalar, text
from .pictures import Bytes, Frame
from .reporting import Report

Options = Mapping[str, int | str]
SPLITS = splitting.SPLITS
LARGEST = 4096


def size_option(value: Scalar) -> str:
    """Height x width in one spelling: 64 and '64' are '64x64'; '' leaves it to the images."""
    written = str(value).strip().lower()
    found = re.fullmatch(r"(\d+)(?:\s*x\s*(\d+))?", written)
    if isinstance(value, bool | float) or (written and not found):
        raise ValueError("write a number of pixels, or HEIGHTxWIDTH such as '180x240'")
    if found is None:
        return ""
    height, width = int(found[1]), int(found[2] or found[1])
    if not (1 <= height <= LARGEST and 1 <= width <= LARGEST):
        raise ValueError(f"sides are from 1 to {LARGEST} pixels")
    return f"{height}x{width}"


COMMON: Mapping[str, Option] = {
    "root": Option(default="", read=text, help="the folder; beside the study file, or ~ and $VARIABLES"),
    "size": Option(default="", read=size_option, help="pixels, or HEIGHTxWIDTH; left out: as all images are"),
    "fit": Option(
        default="stretch", choices=pictures.FITS, help="to that size by stretching, or by cropping the middle"
    ),
    "validation": Option(default=10, low=1, high=50, help="percent of train/ drawn for it, without a val/"),
    "test": Option(
        default=0,
        low=0,
        high=80,
        help="percent drawn for it, without a test/; 0: half of val/, or 20 % of train/",
    ),
    "split_seed": Option(default=0, low=0, high=2**31 - 1, help="which images are drawn"),
}
"""The options of every data set on the disk."""
OF_DRAWING = ("validation", "test", "split_seed")


@dataclass(frozen=True, kw_only=True)
class OnDisk:
    """One row of the table: `read` lists what is at the options' root, for a task.

    url, megabytes, checksum and citation are those of the data as they are published; empty for own folders.
    """

    name: str
    title: str
    licence: str
    tasks: tuple[str, ...]
    read: Callable[[Options, str, Path], Listing]
    options: Mapping[str, Option]
    url: str = ""
    megabytes: int = 0
    checksum: str = ""
    citation: str = ""

    def check(self, options: Options) -> None:
        """Options of these data sets do not contradict each other."""


class Prepared(NamedTuple):
    """What a study needs to know: the content's hash, the options that belong into a run's key, and the report."""

    content: str
    options: dict[str, int | str]
    report: Report


class _Seen(NamedTuple):
    """A listing with what was found in it, split."""

    listing: Listing
    parts: dict[str, Ints]
    prepared: Prepared


def prepare(row: OnDisk, task: str, filled: Options, given: Mapping[str, Scalar], *, cache: Path) -> Prepared:
    """Look at the data, at most once; remember where they are. `given`: the options that the user wrote.

    Raises ValueError, one line, for a layout that cannot be read; what is wrong inside is in the report.
    """
    seen = _see(row, task, filled, given, cache)
    if not seen.prepared.report.problems:
        _remember(row, task, filled, seen, cache)
    return seen.prepared


def _see(row: OnDisk, task: str, filled: Options, given: Mapping[str, Scalar], cache: Path) -> _Seen:
    masks = task == "segmentation"
    listing = row.read(filled, task, cache)
    if not listing.names:
        why = listing.problems or ("there are no images",)
        nothing = Prepared("", dict(filled), Report((), listing.warnings, why))
        return _Seen(listing, {}, nothing)
    index = _examined(row, listing, filled, task, cache)
    listing = _with_classes(listing, index) if masks else listing
    _refuse_idle(row, listing, given)
    parts, places = splitting.complete(
        listing, _strata(listing, index), validation=int(filled["validation"]), test=int(filled["test"]),
        seed=int(filled["split_seed"]),
    )  # fmt: skip
    found = reporting.report(listing, index, parts, places, masks=masks)
    content = _content(listing, index, parts, task)
    options = _of_key(listing, index, filled)
    facts = (*found.facts, *_cost(listing, parts, options, content, masks=masks, cache=cache))
    return _Seen(listing, parts, Prepared(content, options, replace(found, facts=facts)))


def _examined(row: OnDisk, listing: Listing, filled: Options, task: str, cache: Path) -> Index:
    what = {key: str(value) for key, value in filled.items() if key not in (*OF_DRAWING, "size", "fit")}
    what |= {"root": os.path.realpath(what["root"])}
    key = array_cache.digest(
        {"name": row.name, "task": task, "stamp": listing.stamp, "code": _code(), **what}
    )
    try:
        return examining.examine(listing, cache / f"index-{key[:16]}", masks=task == "segmentation")
    except OSError as error:
        raise ValueError(
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
            raise ValueError(
                f"data set {row.name}: {split} changes nothing, the data bring {listing.places[split]}; leave it out"
            )
    if "split_seed" in given and {"validation", "test"} <= listing.given.keys():
        raise ValueError(
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
    frame = _frame(options, listing.channels)
    wanted = _bytes(parts, frame, masks)
    why = None if _folder(cache, content, options).exists() else array_cache.no_room(cache, wanted)
    how = f"streamed, decoded anew in every epoch: {why}" if why else "kept in the cache, shared by all runs"
    yield f"decoded: {wanted / 1e6:.0f} MB at {options['size']}, {how}"


def _bytes(parts: Mapping[str, Ints], frame: Frame, masks: bool) -> int:
    layers = frame.channels + (1 if masks else 0)
    return sum(len(positions) for positions in parts.values()) * layers * frame.height * frame.width


def _frame(options: Options, channels: int) -> Frame:
    height, width = str(options["size"]).split("x")
    return Frame(int(height), int(width), str(options["fit"]), channels)


def _code() -> str:
    """What the cached bytes depend on besides the files: this decoder and Pillow's."""
    sources = (pictures.__file__, examining.__file__)
    return hashlib.sha256(b"".join(Path(s).read_bytes() for s in sources)).hexdigest()[:16] + PIL.__version__


def _folder(cache: Path, content: str, options: Options) -> Path:
    what = {key: str(value) for key, value in options.items() if key != "root"}
    return cache / f"pixels-{array_cache.digest({'content': content, 'code': _code(), **what})[:16]}"


# Remembering


def _known(cache: Path, content: str) -> Path:
    return cache / "known" / f"{content}.json"


def _remember(row: OnDisk, task: str, filled: Options, seen: _Seen, cache: Path) -> None:
    """Where this content is; with the names of each split's files, so that the draw is on record."""
    names = {
        split: [shown(seen.listing.names[at]) for at in positions] for split, positions in seen.parts.items()
    }
    options = {
        **filled,
        "root": str(Path(str(filled["root"])).expanduser().absolute()) if filled["root"] else "",
    }
    note = {"name": row.name, "task": task, "options": options, "splits": names}
    path = _known(cache, seen.prepared.content)
    body = json.dumps(note, indent=1)
    if path.exists() and path.read_text() == body:
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        part.write_text(body)
        part.replace(path)
    except OSError as error:
        raise ValueError(
            f"{path}: cannot be written ({error.strerror}); set ABLATION_CACHE to another folder"
        ) from error


def recall(cache: Path, content: str) -> dict[str, Any]:
    """The options, root included, with which this content was last prepared. ValueError where it was not here."""
    path = _known(cache, content)
    if not path.exists():
        raise ValueError(
            f"dataset.content: data of the content {content[:12]} were never seen here; run"
            " `python -m experiments check-data FOLDER`, or give dataset.options.root"
        )
    note: dict[str, Any] = json.loads(path.read_text())
    options: dict[str, Any] = note["options"]
    return options


# Loading


class Loaded(NamedTuple):
    """Arrays or streamed rows by name, `<split>_images` and `<split>_targets`, and what they mean."""

    arrays: dict[str, Any]
    classes: tuple[str, ...]
    ignore: int | None


def load(row: OnDisk, task: str, options: Options, content: str, *, cache: Path) -> Loaded:
    """Prepared data by their content: from the cache, made there if there is room, else streamed.

    Raises ValueError where the files have changed since they were prepared.
    """
    names = [f"{split}_{kind}" for split in SPLITS for kind in ("images", "targets")]
    folder = _folder(cache, content, options)
    stored = array_cache.found(folder, names=[*names, "meta"])
    if stored is None:
        place = recall(cache, content)
        seen = _see(row, task, {**place, **options}, {}, cache)
        if seen.prepared.report.problems or seen.prepared.content != content:
            changed = (*seen.prepared.report.problems, "the content is another one")[0]
            raise ValueError(
                f"data set {row.name}: {shown(place['root'])} has changed since it was planned ({changed})"
            )
        made = _Rows(seen, _frame(options, seen.listing.channels), masks=task == "segmentation")
        why = array_cache.no_room(cache, _bytes(seen.parts, made.frame, made.masks))
        try:
            stored = None if why else array_cache.fetch(folder, made.all, names=[*names, "meta"])
        except OSError as error:
            why = f"{folder}: {error.strerror or error}"
        if stored is None:
            print(f"data are decoded anew in every epoch: {why}", file=sys.stderr)
            return Loaded(made.streamed(), seen.listing.classes, seen.listing.ignore)
    meta = json.loads(stored.arrays.pop("meta").tobytes())
    return Loaded(stored.arrays, tuple(meta["classes"]), meta["ignore"])


class _Rows:
    """Makes the arrays of a listing, or each of their rows."""

    def __init__(self, seen: _Seen, frame: Frame, *, masks: bool) -> None:
        self.listing, self.parts, self.frame, self.masks = seen.listing, seen.parts, frame, masks

    def image(self, position: int) -> Bytes:
        return pictures.image(self.listing.reader.picture(position), self.frame)

    def mask(self, position: int) -> Bytes:
        return pictures.mask(self.listing.reader.mask(position).astype(np.uint8), self.frame)

    def all(self) -> dict[str, Array | Parts]:
        """Every array, made while it is written."""
        meta = json.dumps({"classes": self.listing.classes, "ignore": self.listing.ignore})
        made: dict[str, Array | Parts] = {"meta": np.frombuffer(meta.encode(), np.uint8)}
        side = (self.frame.height, self.frame.width)
        for split, positions in self.parts.items():
            made[f"{split}_images"] = _parts(self.image, positions, (self.frame.channels, *side))
            made[f"{split}_targets"] = (
                _parts(self.mask, positions, side) if self.masks else self.listing.labels[positions]
            )
        return made

    def streamed(self) -> dict[str, Any]:
        """The same arrays' rows, decoded when they are asked for."""
        from .streaming import Streamed

        side = (self.frame.height, self.frame.width)
        made: dict[str, Any] = {}
        for split, positions in self.parts.items():
            count = len(positions)
            made[f"{split}_images"] = Streamed(
                _at(self.image, positions), (count, self.frame.channels, *side)
            )
            made[f"{split}_targets"] = (
                Streamed(_at(self.mask, positions), (count, *side))
                if self.masks
                else self.listing.labels[positions]
            )
        return made


def _at(make: Callable[[int], Bytes], positions: Ints) -> Callable[[int], Bytes]:
    return lambda row: make(int(positions[row]))


def _parts(make: Callable[[int], Bytes], positions: Ints, shape: tuple[int, ...]) -> Parts:
    rows = (row[None] for row in examining.mapped(lambda at: make(int(at)), positions))
    return Parts((len(positions), *shape), np.uint8, rows)

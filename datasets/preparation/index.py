"""Inspect every example once: can it be read, how large is it, which values are in its mask, what is its hash."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .. import array_cache
from ..masks.decoding import UnknownMaskValuesError
from ..sources import image_decoding
from ..sources.listing import Ints, Listing
from .format_changes import Changes, MaskForm, find_image_changes, inspect_mask_file

MASK_VALUES = 256
"""Mask values from 0 to 255 are counted; a larger one is a problem."""
THUMBNAIL_SIDE = 8
"""Height and width of the grey thumbnails that near duplicates are found by."""
Note = object
"""What is noted of one example, as JSON can hold it."""
Result = TypeVar("Result")


class Index(NamedTuple):
    """What the inspection of N examples found.

    hashes (N,32 or 64) uint8; sizes (N,2) int64, height and width, 0 where unreadable; thumbnails (N,64) uint8;
    values (N,256) int64, pixels by mask value ((N,0) in classification); by position: problems, what is wrong; unknown,
    the pixels of colors or values of masks that can be no class; changes and mask_changes, what the file's format loses
    or changes; colors, those that stand for the values of a mask with a palette.
    """

    hashes: NDArray[np.uint8]
    sizes: Ints
    thumbnails: NDArray[np.uint8]
    values: Ints
    problems: dict[int, str]
    unknown: Mapping[int, dict[str, int]] = MappingProxyType({})
    changes: Mapping[int, Changes] = MappingProxyType({})
    mask_changes: Mapping[int, Changes] = MappingProxyType({})
    colors: Mapping[int, dict[int, str]] = MappingProxyType({})


class _Mask(NamedTuple):
    """What was found in a mask; the fields are those of `Index`."""

    values: Ints
    problem: str = ""
    unknown: Mapping[str, int] = MappingProxyType({})
    form: MaskForm = MaskForm({}, {})


class _Example(NamedTuple):
    hash: bytes
    size: tuple[int, int]
    thumbnail: NDArray[np.uint8]
    changes: Changes
    mask: _Mask


def load_index(listing: Listing, folder: Path, *, masks: bool) -> Index:
    """Return the index of a listing, cached in `folder`; the first time every example is decoded, in threads."""
    names = ("digests", "sizes", "thumbs", "values", "notes")
    stored = array_cache.fetch(folder, lambda: _build_arrays(listing, masks), names=names).arrays
    notes = {
        name: {int(position): note for position, note in by_position.items()}
        for name, by_position in json.loads(stored["notes"].tobytes()).items()
    }
    notes["colors"] = {
        position: {int(value): color for value, color in colors.items()}
        for position, colors in notes["colors"].items()
    }
    return Index(stored["digests"], stored["sizes"], stored["thumbs"], stored["values"], **notes)


def _build_arrays(listing: Listing, masks: bool) -> dict[str, NDArray[np.uint8] | Ints]:
    count, values = len(listing.names), MASK_VALUES if masks else 0
    examples = list(map_in_threads(lambda position: _inspect_example(listing, position, masks), range(count)))
    hashes = np.frombuffer(b"".join(example.hash for example in examples), np.uint8)
    thumbnails = np.array([example.thumbnail for example in examples], np.uint8)
    return {
        "digests": hashes.reshape(count, 64 if masks else 32),
        "sizes": np.array([example.size for example in examples], np.int64).reshape(count, 2),
        "thumbs": thumbnails.reshape(count, THUMBNAIL_SIDE**2),
        "values": np.array([example.mask.values for example in examples], np.int64).reshape(count, values),
        "notes": np.frombuffer(json.dumps(_collect_notes(examples)).encode(), np.uint8),
    }


def _collect_notes(examples: Sequence[_Example]) -> dict[str, dict[int, Note]]:
    """Return the fields of an index that few examples have, by position."""
    notes: dict[str, Callable[[_Example], Note]] = {
        "problems": lambda example: example.mask.problem,
        "unknown": lambda example: dict(example.mask.unknown),
        "changes": lambda example: example.changes,
        "mask_changes": lambda example: example.mask.form.changes,
        "colors": lambda example: example.mask.form.colors,
    }
    return {
        name: {at: note for at, example in enumerate(examples) if (note := read(example))}
        for name, read in notes.items()
    }


def map_in_threads(function: Callable[[int], Result], positions: range | Ints) -> Iterator[Result]:
    """Apply a function to each position, in order, with one thread per core: Pillow decodes without the GIL."""
    with ignore_warnings(), ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for start in range(0, len(positions), 256):
            yield from pool.map(function, positions[start : start + 256])


@contextmanager
def ignore_warnings() -> Iterator[None]:
    """Silence Pillow's warnings of odd metadata: what matters is whether the pixels can be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _inspect_example(listing: Listing, position: int, masks: bool) -> _Example:
    mask = _Mask(np.zeros(MASK_VALUES if masks else 0, np.int64))
    try:
        digest = listing.reader.hash_content(position)
        stored = listing.reader.load_image(position)
        image = image_decoding.convert_mode(image_decoding.apply_exif_orientation(stored), 1)
        size = image.height, image.width
        thumbnail = image.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX)
        changes = find_image_changes(stored)
        if masks:
            mask = _inspect_mask(listing, position, size, stored.size)
    except image_decoding.DECODE_ERRORS as error:
        reason = error.strerror if isinstance(error, OSError) else None
        problem = " ".join((reason or str(error)).split()) or type(error).__name__
        empty = np.zeros(THUMBNAIL_SIDE**2, np.uint8)
        return _Example(bytes(64 if masks else 32), (0, 0), empty, {}, mask._replace(problem=problem))
    return _Example(digest, size, np.asarray(thumbnail).flatten(), changes, mask)


def _inspect_mask(listing: Listing, position: int, size: tuple[int, int], stored: tuple[int, int]) -> _Mask:
    """Return what is in the mask, and what is wrong with it.

    size: height and width of the image; stored: its width and height before the EXIF orientation is applied.
    """
    try:
        mask = listing.reader.load_mask(position)
    except UnknownMaskValuesError as error:
        form = inspect_mask_file(listing.reader.mask_path(position))
        return _Mask(np.zeros(MASK_VALUES, np.int64), "", error.pixels, form)
    form = inspect_mask_file(listing.reader.mask_path(position))
    height, width = mask.shape
    values = np.bincount(mask.clip(0, MASK_VALUES - 1).ravel(), minlength=MASK_VALUES)
    if mask.size and (mask.max() >= MASK_VALUES or mask.min() < 0):
        limit = f"values must be from 0 to {MASK_VALUES - 1}"
        return _Mask(values, f"its mask holds values from {int(mask.min())} to {int(mask.max())}; {limit}")
    if (height, width) == size:
        return _Mask(values, form=form)
    is_rotated = stored != (size[1], size[0])
    reason = " (the image is rotated by its EXIF orientation)" if is_rotated else ""
    problem = f"its mask is {width}x{height}, the image {size[1]}x{size[0]}{reason}"
    return _Mask(values, problem, form=form)

"""Inspect every example once: can it be read, how large is it, which values are in its mask, what is its hash."""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .. import array_cache
from ..sources import image_decoding
from ..sources.listing import Ints, Listing

MASK_VALUES = 256
"""Mask values from 0 to 255 are counted; a larger one is a problem."""
THUMBNAIL_SIDE = 8
"""Height and width of the grey thumbnails that near duplicates are found by."""
Result = TypeVar("Result")


class Index(NamedTuple):
    """What the inspection of N examples found.

    hashes (N,32 or 64) uint8; sizes (N,2) int64, height and width, 0 where unreadable; thumbnails (N,64) uint8;
    values (N,256) int64, pixels by mask value ((N,0) in classification); problems: position -> what is wrong.
    """

    hashes: NDArray[np.uint8]
    sizes: Ints
    thumbnails: NDArray[np.uint8]
    values: Ints
    problems: dict[int, str]


class _Example(NamedTuple):
    hash: bytes
    size: tuple[int, int]
    thumbnail: NDArray[np.uint8]
    values: Ints
    problem: str


def load_index(listing: Listing, folder: Path, *, masks: bool) -> Index:
    """Return the index of a listing, cached in `folder`; the first time every example is decoded, in threads."""
    names = ("digests", "sizes", "thumbs", "values", "problems")
    stored = array_cache.fetch(folder, lambda: _build_arrays(listing, masks), names=names).arrays
    problems = json.loads(stored["problems"].tobytes())
    return Index(
        stored["digests"],
        stored["sizes"],
        stored["thumbs"],
        stored["values"],
        {int(position): text for position, text in problems.items()},
    )


def _build_arrays(listing: Listing, masks: bool) -> dict[str, NDArray[np.uint8] | Ints]:
    count, values = len(listing.names), MASK_VALUES if masks else 0
    examples = list(map_in_threads(lambda position: _inspect_example(listing, position, masks), range(count)))
    hashes = np.frombuffer(b"".join(example.hash for example in examples), np.uint8)
    thumbnails = np.array([example.thumbnail for example in examples], np.uint8)
    problems = {
        str(position): example.problem for position, example in enumerate(examples) if example.problem
    }
    return {
        "digests": hashes.reshape(count, 64 if masks else 32),
        "sizes": np.array([example.size for example in examples], np.int64).reshape(count, 2),
        "thumbs": thumbnails.reshape(count, THUMBNAIL_SIDE**2),
        "values": np.array([example.values for example in examples], np.int64).reshape(count, values),
        "problems": np.frombuffer(json.dumps(problems).encode(), np.uint8),
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
    values = np.zeros(MASK_VALUES if masks else 0, np.int64)
    problem = ""
    try:
        digest = listing.reader.hash_content(position)
        stored = listing.reader.load_image(position)
        image = image_decoding.convert_mode(image_decoding.apply_exif_orientation(stored), 1)
        size = image.height, image.width
        thumbnail = image.resize((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BOX)
        if masks:
            values, problem = _inspect_mask(listing, position, size, stored.size)
    except image_decoding.DECODE_ERRORS as error:
        reason = error.strerror if isinstance(error, OSError) else None
        problem = " ".join((reason or str(error)).split()) or type(error).__name__
        empty = np.zeros(THUMBNAIL_SIDE**2, np.uint8)
        return _Example(bytes(64 if masks else 32), (0, 0), empty, values, problem)
    return _Example(digest, size, np.asarray(thumbnail).flatten(), values, problem)


def _inspect_mask(
    listing: Listing, position: int, size: tuple[int, int], stored: tuple[int, int]
) -> tuple[Ints, str]:
    """Return the pixels by value, and what is wrong with the mask.

    size: height and width of the image; stored: its width and height before the EXIF orientation is applied.
    """
    mask = listing.reader.load_mask(position)
    height, width = mask.shape
    values = np.bincount(mask.clip(0, MASK_VALUES - 1).ravel(), minlength=MASK_VALUES)
    if mask.size and (mask.max() >= MASK_VALUES or mask.min() < 0):
        limit = f"values must be from 0 to {MASK_VALUES - 1}"
        return values, f"its mask holds the value {int(mask.max())}; {limit}"
    if (height, width) == size:
        return values, ""
    is_rotated = stored != (size[1], size[0])
    reason = " (the image is rotated by its EXIF orientation)" if is_rotated else ""
    return values, f"its mask is {width}x{height}, the image {size[1]}x{size[0]}{reason}"

"""Every example looked at once: can it be read, how large is it, what is in its mask, is it in the data twice."""

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

VALUES = 256
"""A mask's values from 0 to 255 are counted; a value above is a problem."""
SIDE = 8
"""Height and width of the grey thumbnails that near duplicates are found by."""
Result = TypeVar("Result")


class Index(NamedTuple):
    """What was found of N examples.

    digests (N,32 or 64) uint8; sizes (N,2) int64, height and width, 0 where unreadable; thumbs (N,64) uint8;
    values (N,256) int64, pixels by mask value (zeros in classification); problems: position -> what is wrong.
    """

    digests: NDArray[np.uint8]
    sizes: Ints
    thumbs: NDArray[np.uint8]
    values: Ints
    problems: dict[int, str]


class _One(NamedTuple):
    digest: bytes
    size: tuple[int, int]
    thumb: NDArray[np.uint8]
    values: Ints
    problem: str


def examine(listing: Listing, folder: Path, *, masks: bool) -> Index:
    """The index of a listing, kept in `folder` (made by decoding everything once, with a thread a core)."""
    names = ("digests", "sizes", "thumbs", "values", "problems")
    stored = array_cache.fetch(folder, lambda: _made(listing, masks), names=names).arrays
    problems = json.loads(stored["problems"].tobytes())
    return Index(
        stored["digests"],
        stored["sizes"],
        stored["thumbs"],
        stored["values"],
        {int(position): text for position, text in problems.items()},
    )


def _made(listing: Listing, masks: bool) -> dict[str, NDArray[np.uint8] | Ints]:
    count = len(listing.names)
    found = list(mapped(lambda position: _look(listing, position, masks), range(count)))
    problems = {str(position): one.problem for position, one in enumerate(found) if one.problem}
    return {
        "digests": np.frombuffer(b"".join(one.digest for one in found), np.uint8).reshape(
            count, 64 if masks else 32
        ),
        "sizes": np.array([one.size for one in found], np.int64).reshape(count, 2),
        "thumbs": np.array([one.thumb for one in found], np.uint8).reshape(count, SIDE * SIDE),
        "values": np.array([one.values for one in found], np.int64).reshape(count, VALUES if masks else 0),
        "problems": np.frombuffer(json.dumps(problems).encode(), np.uint8),
    }


def mapped(work: Callable[[int], Result], positions: range | Ints) -> Iterator[Result]:
    """`work` of each position in their order, by a thread a core: Pillow decodes outside Python's lock."""
    with quiet(), ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        for start in range(0, len(positions), 256):
            yield from pool.map(work, positions[start : start + 256])


@contextmanager
def quiet() -> Iterator[None]:
    """Pillow warns of odd metadata; what matters of a file is whether its pixels can be read."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _look(listing: Listing, position: int, masks: bool) -> _One:
    empty = np.zeros(SIDE * SIDE, np.uint8)
    values = np.zeros(VALUES if masks else 0, np.int64)
    try:
        digest = listing.reader.digest(position)
        stored = listing.reader.picture(position)
        picture = image_decoding.colours(image_decoding.upright(stored), 1)
        size = picture.height, picture.width
        thumb = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX)).flatten()
        problem = ""
        if masks:
            values, problem = _look_at_mask(listing, position, size, stored.size)
    except image_decoding.UNREADABLE as error:
        known = error.strerror if isinstance(error, OSError) else None
        why = " ".join((known or str(error)).split()) or type(error).__name__
        return _One(bytes(64 if masks else 32), (0, 0), empty, values, why)
    return _One(digest, size, thumb, values, problem)


def _look_at_mask(
    listing: Listing, position: int, size: tuple[int, int], stored: tuple[int, int]
) -> tuple[Ints, str]:
    """Pixels by value, and what is wrong with the mask."""
    mask = listing.reader.mask(position)
    height, width = mask.shape
    values = np.bincount(mask.clip(0, VALUES - 1).ravel(), minlength=VALUES)
    if mask.size and (mask.max() >= VALUES or mask.min() < 0):
        return (
            values,
            f"its mask holds the value {int(mask.max())}; a mask has at most {VALUES} classes, from 0",
        )
    if (height, width) == size:
        return values, ""
    turned = " (the image is turned by its EXIF orientation)" if stored != (size[1], size[0]) else ""
    return values, f"its mask is {width}x{height}, the image {size[1]}x{size[0]}{turned}"

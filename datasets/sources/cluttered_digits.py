"""Scenes with one handwritten digit among fragments of others, from scikit-learn's 1,797 digits.

The digits are those of Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits" (UCI, 1998; CC BY
4.0), 8x8 cells of 0..16. The scenes follow the cluttered MNIST of Mnih et al., "Recurrent Models of Visual
Attention" (NeurIPS 2014, section 4.1). Differences: a target of random size, fragments at the target's scale,
noise, a mask.

Letters: N scenes, H and W pixels, K cells. All arithmetic is on integers, so every machine makes the same bits.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from user_error import UserError

from ..options import Option
from .image_decoding import Bytes
from .listing import SPLITS, Ints

Settings = Mapping[str, int | str]

CLASSES = tuple("0123456789")
OPTIONS: Mapping[str, Option] = {
    "train": Option(default=8000, low=16, high=1_000_000, help="training scenes"),
    "validation": Option(default=2000, low=16, high=1_000_000, help="validation scenes"),
    "test": Option(default=5000, low=16, high=1_000_000, help="test scenes"),
    "size": Option(default=48, low=32, high=128, help="height and width of a scene in pixels"),
    "smallest": Option(default=22, low=8, high=32, help="height of the smallest target in pixels"),
    "largest": Option(default=32, low=8, high=32, help="height of the largest target in pixels"),
    "clutter": Option(default=3, low=0, high=32, help="fragments of other digits in a scene"),
    "fragment": Option(default=3, low=1, high=8, help="side of a fragment in cells of the 8x8 source"),
    "noise": Option(default=32, low=0, high=255, help="height of the uniform noise in grey levels"),
    "seed": Option(
        default=0, low=0, high=2**31 - 1, help="the seed of the scenes; a run's own seed does not change them"
    ),
    "mask": Option(
        default="binary",
        choices=("binary", "multiclass"),
        tasks=("segmentation",),
        help="binary: digit or background; multiclass: 0 for background, 1 + class on the digit",
    ),
}
CELLS = 8
INK = 16
MIN_CONTRAST = 128
"""The contrast of a piece is drawn uniformly from this to 256, in parts of 256."""
MASK_THRESHOLD = 96
"""A pixel belongs to the digit if its ink at full contrast is at least this, of 255."""
CHUNK = 2048
"""Scenes made at once: bounds the memory."""
SOURCE_PERCENTAGES = {"train": (0, 60), "validation": (60, 75), "test": (75, 100)}
"""The range of each class's source digits that a split draws from, in percent: disjoint."""


class Pieces(NamedTuple):
    """A digit or fragment in each of N scenes: cells (N,K,K); side, top, left in pixels and contrast of 256, (N,)."""

    cells: Bytes
    side: Ints
    top: Ints
    left: Ints
    contrast: Ints


def class_names(options: Settings, task: str) -> tuple[str, ...]:
    """Return the names of the classes of `task`; the first class of a mask is the background."""
    if task == "classification":
        return CLASSES
    return ("background", "digit") if options["mask"] == "binary" else ("background", *CLASSES)


def check_options(options: Settings) -> None:
    """Raise UserError for options that contradict each other."""
    smallest, largest = _int_option(options, "smallest"), _int_option(options, "largest")
    if smallest > largest:
        raise UserError(
            f"data set cluttered_digits: smallest is {smallest}, must be <= largest, which is {largest}"
        )


def make_arrays(options: Settings) -> dict[str, Bytes | Ints]:
    """Make `<split>_images` (N,1,H,W), `<split>_labels` (N,) and `<split>_masks` (N,H,W) of the three splits."""
    arrays: dict[str, Bytes | Ints] = {}
    for split in SPLITS:
        rng = np.random.default_rng([_int_option(options, "seed"), SPLITS.index(split)])
        images, labels, masks = _make_split(split, options, rng)
        if options["mask"] == "multiclass":
            masks = masks * (labels[:, None, None] + 1).astype(np.uint8)
        arrays |= {f"{split}_images": images[:, None], f"{split}_labels": labels, f"{split}_masks": masks}
    return arrays


def source_digits(split: str) -> Ints:
    """Return the indices of the source digits that the scenes of `split` may show: equal shares of every class."""
    low, high = SOURCE_PERCENTAGES[split]
    _, labels = _load_digits()
    members = [np.flatnonzero(labels == label) for label in range(len(CLASSES))]
    return np.concatenate([i[len(i) * low // 100 : len(i) * high // 100] for i in members])


@functools.cache
def _load_digits() -> tuple[Bytes, Ints]:
    from sklearn.datasets import load_digits  # takes a second, which resolving options does not need

    digits = load_digits()
    return digits.images.astype(np.uint8), digits.target.astype(np.int64)


def _make_split(split: str, options: Settings, rng: np.random.Generator) -> tuple[Bytes, Ints, Bytes]:
    count, size = _int_option(options, split), _int_option(options, "size")
    images, masks = np.empty((2, count, size, size), np.uint8)
    labels = np.empty(count, np.int64)
    for start in range(0, count, CHUNK):
        part = slice(start, min(start + CHUNK, count))
        images[part], labels[part], masks[part] = _make_chunk(
            part.stop - start, source_digits(split), options, rng
        )
    return images, labels, masks


def _make_chunk(
    count: int, pool: Ints, options: Settings, rng: np.random.Generator
) -> tuple[Bytes, Ints, Bytes]:
    """Make `count` scenes: the target, fragments of other digits of `pool` (the strongest ink wins), then noise."""
    digits, labels = _load_digits()
    size, noise = _int_option(options, "size"), _int_option(options, "noise")
    targets = rng.integers(len(pool), size=count)
    target = _place_pieces(digits[pool[targets]], options, rng)
    ink = np.zeros((count, size, size), np.uint8)
    _draw_pieces(ink, target._replace(contrast=np.full_like(target.contrast, 256)))
    scene = (ink * target.contrast[:, None, None] >> 8).astype(np.uint8)
    for _ in range(_int_option(options, "clutter")):
        other = (targets + rng.integers(1, len(pool), size=count)) % len(pool)
        cells = _cut_fragments(digits[pool[other]], _int_option(options, "fragment"), rng)
        _draw_pieces(scene, _place_pieces(cells, options, rng))
    grain = rng.integers(noise + 1, size=scene.shape, dtype=np.uint16)
    noisy = np.minimum(scene + grain, 255).astype(np.uint8)
    return noisy, labels[pool[targets]], (ink >= MASK_THRESHOLD).astype(np.uint8)


def _cut_fragments(digits: Bytes, side: int, rng: np.random.Generator) -> Bytes:
    """Return a random window of `side` x `side` cells of each digit."""
    row, column = rng.integers(CELLS - side + 1, size=(2, len(digits), 1))
    steps = np.arange(side)
    scene = np.arange(len(digits))[:, None, None]
    cut: Bytes = digits[scene, (row + steps)[:, :, None], (column + steps)[:, None, :]]
    return cut


def _place_pieces(cells: Bytes, options: Settings, rng: np.random.Generator) -> Pieces:
    """Draw size, position and contrast of each piece; K of a digit's 8 cells are K / 8 of its height."""
    count, cell_count = len(cells), cells.shape[1]
    height = rng.integers(_int_option(options, "smallest"), _int_option(options, "largest") + 1, size=count)
    side = np.maximum(height * cell_count // CELLS, 1)
    top, left = rng.integers(_int_option(options, "size") - side + 1, size=(2, count))
    return Pieces(cells, side, top, left, rng.integers(MIN_CONTRAST, 257, size=count))


def _draw_pieces(canvas: Bytes, pieces: Pieces) -> None:
    """Draw every piece on its scene in `canvas` (N,H,W); where two overlap the stronger ink stays."""
    for side in np.unique(pieces.side):
        scene = np.flatnonzero(pieces.side == side)
        patch = _upsample(pieces.cells[scene], int(side)) * pieces.contrast[scene, None, None] >> 8
        rows, columns = (start[scene, None] + np.arange(side) for start in (pieces.top, pieces.left))
        pixels = scene[:, None, None], rows[:, :, None], columns[:, None, :]
        canvas[pixels] = np.maximum(canvas[pixels], patch.astype(np.uint8))


def _upsample(cells: Bytes, side: int) -> NDArray[np.int32]:
    """Upsample (n,K,K) cells of 0..16 to (n,side,side) ink of 0..255: bilinear, pixel centers aligned."""
    cell_count = cells.shape[1]
    position = np.clip((2 * np.arange(side) + 1) * cell_count - side, 0, 2 * side * (cell_count - 1))
    low = position // (2 * side)
    high = np.minimum(low + 1, cell_count - 1)
    part = (position - low * 2 * side).astype(np.int32)
    rest = 2 * side - part
    source = cells.astype(np.int32)
    tall = source[:, low] * rest[:, None] + source[:, high] * part[:, None]
    both = tall[:, :, low] * rest + tall[:, :, high] * part
    ink: NDArray[np.int32] = both * 255 // (INK * 4 * side * side)
    return ink


def _int_option(options: Settings, key: str) -> int:
    value = options[key]
    assert isinstance(value, int)
    return value

"""Scenes with one handwritten digit among fragments of others, from scikit-learn's 1,797 digits.

The digits are those of Alpaydin and Kaynak, "Optical Recognition of Handwritten Digits" (UCI, 1998; CC BY
4.0), 8x8 cells of 0..16. The scenes follow the cluttered MNIST of Mnih et al., "Recurrent Models of Visual
Attention" (NeurIPS 2014, section 4.1). Departs: a target of random size, fragments at the target's scale,
noise, a mask.

Letters: N scenes, H and W pixels, K cells. All arithmetic is on integers: every machine makes the same bits.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from user_error import UserError

from ..options import Option

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]
Settings = Mapping[str, int | str]

CLASSES = tuple("0123456789")
SPLITS = ("train", "validation", "test")
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
    "seed": Option(default=0, low=0, high=2**31 - 1, help="which scenes; a run's seed does not move them"),
    "mask": Option(
        default="binary",
        choices=("binary", "multiclass"),
        tasks=("segmentation",),
        help="binary: digit against all else; multiclass: 0 for all else, 1 + class on the digit",
    ),
}
CELLS = 8
INK = 16
FAINTEST = 128
"""The contrast of a piece is this to 256 parts of 256, drawn uniformly."""
ON_THE_DIGIT = 96
"""A pixel belongs to the digit where its ink at full contrast is at least this, of 255."""
CHUNK = 2048
"""Scenes worked on at once: bounds the memory."""
SHARES = {"train": (0, 60), "validation": (60, 75), "test": (75, 100)}
"""The percentages of each class's source digits that a split draws from: disjoint."""


class Pieces(NamedTuple):
    """A digit or fragment in each of N scenes: its cells (N,K,K), and where, how large, how strong it is."""

    cells: Bytes
    side: Ints
    top: Ints
    left: Ints
    strength: Ints


def classes(options: Settings, task: str) -> tuple[str, ...]:
    """The names of the classes of `task`; a mask's first class is everything else."""
    if task == "classification":
        return CLASSES
    return ("background", "digit") if options["mask"] == "binary" else ("background", *CLASSES)


def check(options: Settings) -> None:
    """Refuse options that contradict each other."""
    smallest, largest = _number(options, "smallest"), _number(options, "largest")
    if smallest > largest:
        raise UserError(f"data set cluttered_digits: smallest is {smallest}, must be <= largest, {largest}")


def make(options: Settings) -> dict[str, Bytes | Ints]:
    """`<split>_images` (N,1,H,W), `<split>_labels` (N,) and `<split>_masks` (N,H,W) of the three splits."""
    arrays: dict[str, Bytes | Ints] = {}
    for split in SPLITS:
        rng = np.random.default_rng([_number(options, "seed"), SPLITS.index(split)])
        images, labels, masks = _scenes(split, options, rng)
        if options["mask"] == "multiclass":
            masks = masks * (labels[:, None, None] + 1).astype(np.uint8)
        arrays |= {f"{split}_images": images[:, None], f"{split}_labels": labels, f"{split}_masks": masks}
    return arrays


def sources(split: str) -> Ints:
    """Which of the 1,797 source digits the scenes of `split` may show: the same shares of every class."""
    low, high = SHARES[split]
    _, labels = _digits()
    of_class = [np.flatnonzero(labels == label) for label in range(len(CLASSES))]
    return np.concatenate([i[len(i) * low // 100 : len(i) * high // 100] for i in of_class])


@functools.cache
def _digits() -> tuple[Bytes, Ints]:
    from sklearn.datasets import load_digits  # a second of import that resolving options does without

    digits = load_digits()
    return digits.images.astype(np.uint8), digits.target.astype(np.int64)


def _scenes(split: str, options: Settings, rng: np.random.Generator) -> tuple[Bytes, Ints, Bytes]:
    count, size = _number(options, split), _number(options, "size")
    images, masks = np.empty((2, count, size, size), np.uint8)
    labels = np.empty(count, np.int64)
    for start in range(0, count, CHUNK):
        part = slice(start, min(start + CHUNK, count))
        images[part], labels[part], masks[part] = _chunk(part.stop - start, sources(split), options, rng)
    return images, labels, masks


def _chunk(count: int, pool: Ints, options: Settings, rng: np.random.Generator) -> tuple[Bytes, Ints, Bytes]:
    """`count` scenes: the target, the strongest ink of it and its fragments, then noise over all."""
    digits, labels = _digits()
    size, noise = _number(options, "size"), _number(options, "noise")
    which = rng.integers(len(pool), size=count)
    target = _place(digits[pool[which]], options, rng)
    ink = np.zeros((count, size, size), np.uint8)
    _draw(ink, target._replace(strength=np.full_like(target.strength, 256)))
    scene = (ink * target.strength[:, None, None] >> 8).astype(np.uint8)
    for _ in range(_number(options, "clutter")):
        other = (which + rng.integers(1, len(pool), size=count)) % len(pool)
        cells = _cut(digits[pool[other]], _number(options, "fragment"), rng)
        _draw(scene, _place(cells, options, rng))
    grain = rng.integers(noise + 1, size=scene.shape, dtype=np.uint16)
    noisy = np.minimum(scene + grain, 255).astype(np.uint8)
    return noisy, labels[pool[which]], (ink >= ON_THE_DIGIT).astype(np.uint8)


def _cut(digits: Bytes, kept: int, rng: np.random.Generator) -> Bytes:
    """A random window of `kept` x `kept` cells of each digit."""
    row, column = rng.integers(CELLS - kept + 1, size=(2, len(digits), 1))
    steps = np.arange(kept)
    scene = np.arange(len(digits))[:, None, None]
    cut: Bytes = digits[scene, (row + steps)[:, :, None], (column + steps)[:, None, :]]
    return cut


def _place(cells: Bytes, options: Settings, rng: np.random.Generator) -> Pieces:
    """Size, place and contrast for each piece; K cells of a digit's 8 are K / 8 of a digit's height."""
    count, kept = len(cells), cells.shape[1]
    whole = rng.integers(_number(options, "smallest"), _number(options, "largest") + 1, size=count)
    side = np.maximum(whole * kept // CELLS, 1)
    top, left = rng.integers(_number(options, "size") - side + 1, size=(2, count))
    return Pieces(cells, side, top, left, rng.integers(FAINTEST, 257, size=count))


def _draw(canvas: Bytes, pieces: Pieces) -> None:
    """Put every piece on its scene in `canvas` (N,H,W); where two meet the stronger ink stays."""
    for side in np.unique(pieces.side):
        scene = np.flatnonzero(pieces.side == side)
        patch = _enlarge(pieces.cells[scene], int(side)) * pieces.strength[scene, None, None] >> 8
        rows, columns = (start[scene, None] + np.arange(side) for start in (pieces.top, pieces.left))
        place = scene[:, None, None], rows[:, :, None], columns[:, None, :]
        canvas[place] = np.maximum(canvas[place], patch.astype(np.uint8))


def _enlarge(cells: Bytes, side: int) -> NDArray[np.int32]:
    """Bilinear, pixel centres aligned: (n,K,K) cells of 0..16 -> (n,side,side) ink of 0..255."""
    kept = cells.shape[1]
    position = np.clip((2 * np.arange(side) + 1) * kept - side, 0, 2 * side * (kept - 1))
    low = position // (2 * side)
    high = np.minimum(low + 1, kept - 1)
    part = (position - low * 2 * side).astype(np.int32)
    rest = 2 * side - part
    source = cells.astype(np.int32)
    tall = source[:, low] * rest[:, None] + source[:, high] * part[:, None]
    both = tall[:, :, low] * rest + tall[:, :, high] * part
    ink: NDArray[np.int32] = both * 255 // (INK * 4 * side * side)
    return ink


def _number(options: Settings, key: str) -> int:
    value = options[key]
    assert isinstance(value, int)
    return value

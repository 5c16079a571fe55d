"""How a tensor holds a map, and the map as (B, C, H, W): views, and for windows a reordering, never arithmetic.

layouts: NCHW; NHWC; BNC, tokens in raster order after any number of prefix tokens, and BCN; nested, tokens
by blocks of neighbours (nest, coarse axes first); unrolled, tokens by their place in a window (hiera, fine
axes first). The two last carry `windows`, the factors of the grid in the order of memory.
"""

import math
from typing import NamedTuple

from torch import Tensor, cat, unflatten

Grid = tuple[int, int]
MOST_PREFIXES = 16
NEAR = 0.25


class Layout(NamedTuple):
    """Where the channels and the grid of a tensor are."""

    name: str
    channels: int
    grid: Grid
    prefix: int = 0
    windows: tuple[Grid, ...] = ()


def fitted(
    shape: tuple[int, ...],
    image: Grid,
    *,
    prefix: int | None = None,
    hint: str = "",
    channels: int | None = None,
) -> Layout | None:
    """The layout under which a tensor of this shape is a map of an image (H, W); None where there is none.

    The likeliest is the one whose grid is nearest to the image's proportions; equal ones are decided by
    `channels`, `hint` (a layout's name), then in the order NCHW, NHWC, BNC, BCN.
    """
    if 0 in shape or len(shape) not in (3, 4):
        return None
    found = [
        (_off(layout.grid, image), channels not in (None, layout.channels), layout.name != hint, rank, layout)
        for rank, layout in enumerate(_candidates(shape, image, prefix))
        if channels is None or layout.channels == channels
    ]
    return min(found)[-1] if found else None


def _candidates(shape: tuple[int, ...], image: Grid, prefix: int | None) -> list[Layout]:
    if len(shape) == 4:
        _, first, second, third = shape
        return [Layout("NCHW", first, (second, third)), Layout("NHWC", third, (first, second))]
    found = []
    for name, tokens, channels in (("BNC", shape[1], shape[2]), ("BCN", shape[2], shape[1])):
        split = _split(tokens, image, prefix)
        if split is not None:
            found.append(Layout(name, channels, split[1], split[0]))
    return found


def _split(tokens: int, image: Grid, prefix: int | None) -> tuple[int, Grid] | None:
    """So many prefix tokens, and the grid of the rest; a single token is no map."""
    tried = [*([] if prefix is None else [prefix]), *range(MOST_PREFIXES + 1)]
    for tolerance in (1e-6, NEAR):
        for count in tried:
            grid = _grid(tokens - count, image)
            if grid is not None and _off(grid, image) <= tolerance:
                return count, grid
    return None


def _grid(tokens: int, image: Grid) -> Grid | None:
    """The two factors nearest to the image's proportions."""
    if tokens < 2:
        return None
    pairs = [(n, tokens // n) for n in range(1, math.isqrt(tokens) + 1) if tokens % n == 0]
    return min([*pairs, *((b, a) for a, b in pairs)], key=lambda grid: _off(grid, image))


def _off(grid: Grid, image: Grid) -> float:
    return abs(math.log(grid[0] * image[1] / (grid[1] * image[0])))


def to_map(tensor: Tensor, layout: Layout) -> Tensor:
    """The tensor's map, (B, C, H, W)."""
    if layout.name == "NCHW":
        return tensor
    if layout.name == "NHWC":
        return tensor.permute(0, 3, 1, 2)
    if layout.windows:
        return _joined(tensor, layout)
    if layout.name == "BCN":
        return unflatten(tensor[:, :, layout.prefix :], 2, _now(tensor.shape[2], layout))
    return unflatten(tensor[:, layout.prefix :], 1, _now(tensor.shape[1], layout)).permute(0, 3, 1, 2)


def from_map(map_BCHW: Tensor, tensor: Tensor, layout: Layout) -> Tensor:
    """The map back where it was in the tensor, whose prefix tokens stay."""
    if layout.name == "NCHW":
        return map_BCHW
    if layout.name == "NHWC":
        return map_BCHW.permute(0, 2, 3, 1)
    if layout.windows:
        return _parted(map_BCHW, tensor, layout)
    if layout.name == "BCN":
        tokens = map_BCHW.flatten(2)
        return cat([tensor[:, :, : layout.prefix], tokens], 2) if layout.prefix else tokens
    tokens = map_BCHW.permute(0, 2, 3, 1).flatten(1, 2)
    return cat([tensor[:, : layout.prefix], tokens], 1) if layout.prefix else tokens


def _now(tokens: int, layout: Layout) -> Grid:
    """The grid of this many tokens: the probed one, or another of its proportions."""
    rows, columns = layout.grid
    if tokens - layout.prefix == rows * columns:
        return layout.grid
    return _grid(tokens - layout.prefix, layout.grid) or layout.grid


def _order(layout: Layout) -> list[int]:
    """Axes of the windowed view, as batch, channels, rows from coarse to fine, columns from coarse to fine."""
    count = len(layout.windows)
    levels = list(range(count))
    if layout.name == "unrolled":
        levels = [count - 1, *range(count - 2, -1, -1)]
    return [0, 2 * count + 1, *(1 + 2 * level for level in levels), *(2 + 2 * level for level in levels)]


def _joined(tensor: Tensor, layout: Layout) -> Tensor:
    flat = [side for window in layout.windows for side in window]
    view = tensor.reshape(tensor.shape[0], *flat, layout.channels).permute(_order(layout))
    return view.reshape(tensor.shape[0], layout.channels, *layout.grid)


def _parted(map_BCHW: Tensor, tensor: Tensor, layout: Layout) -> Tensor:
    order = _order(layout)
    flat = [1, *(side for window in layout.windows for side in window), 1]
    sides = [flat[axis] for axis in order[2:]]
    back = [order.index(axis) for axis in range(len(order))]
    return map_BCHW.reshape(map_BCHW.shape[0], layout.channels, *sides).permute(back).reshape(tensor.shape)

"""Converting between a tensor and the map (B, C, H, W) that it holds: views, or a reordering for windows.

Layouts: NCHW; NHWC; BNC, tokens in raster order after any number of prefix tokens, and BCN; nested, tokens grouped by
blocks of neighbors (nest, coarse axes first); unrolled, tokens grouped by their position in a window (hiera, fine axes
first). The last two have `windows`, the factors of the grid in memory order.
"""

import math
from typing import NamedTuple

from torch import Tensor, cat, unflatten

Grid = tuple[int, int]
MAX_PREFIX_TOKENS = 16
ASPECT_TOLERANCE = 0.25
"""The largest distance of log aspect ratios at which tokens count as a grid."""


class Layout(NamedTuple):
    """Where a tensor holds its channels and its grid (height, width)."""

    name: str
    channels: int
    grid: Grid
    prefix: int = 0
    windows: tuple[Grid, ...] = ()


def infer_layout(
    shape: tuple[int, ...],
    image: Grid,
    *,
    prefix: int | None = None,
    hint: str = "",
    channels: int | None = None,
) -> Layout | None:
    """Infer the layout in which a tensor of this shape is a map of an image (H, W); None if there is none.

    The best layout has the grid whose aspect ratio is nearest to the image's; ties are broken by `channels`, `hint` (a
    layout's name), then in the order NCHW, NHWC, BNC, BCN.
    """
    if 0 in shape or len(shape) not in (3, 4):
        return None
    ranked = [
        (
            _aspect_error(layout.grid, image),
            channels not in (None, layout.channels),
            layout.name != hint,
            rank,
            layout,
        )
        for rank, layout in enumerate(_candidates(shape, image, prefix))
        if channels is None or layout.channels == channels
    ]
    return min(ranked)[-1] if ranked else None


def _candidates(shape: tuple[int, ...], image: Grid, prefix: int | None) -> list[Layout]:
    if len(shape) == 4:
        _, first, second, third = shape
        return [Layout("NCHW", first, (second, third)), Layout("NHWC", third, (first, second))]
    layouts = []
    for name, tokens, channels in (("BNC", shape[1], shape[2]), ("BCN", shape[2], shape[1])):
        split = _split_prefix(tokens, image, prefix)
        if split is not None:
            layouts.append(Layout(name, channels, split[1], split[0]))
    return layouts


def _split_prefix(tokens: int, image: Grid, prefix: int | None) -> tuple[int, Grid] | None:
    """Split tokens into a number of prefix tokens and a grid; None if no grid fits or only one token is left."""
    counts = [*([] if prefix is None else [prefix]), *range(MAX_PREFIX_TOKENS + 1)]
    for tolerance in (1e-6, ASPECT_TOLERANCE):
        for count in counts:
            grid = _factor_grid(tokens - count, image)
            if grid is not None and _aspect_error(grid, image) <= tolerance:
                return count, grid
    return None


def _factor_grid(tokens: int, image: Grid) -> Grid | None:
    """Factor the number of tokens into the grid whose aspect ratio is nearest to the image's."""
    if tokens < 2:
        return None
    pairs = [(n, tokens // n) for n in range(1, math.isqrt(tokens) + 1) if tokens % n == 0]
    return min([*pairs, *((b, a) for a, b in pairs)], key=lambda grid: _aspect_error(grid, image))


def _aspect_error(grid: Grid, image: Grid) -> float:
    """Return the distance of the two aspect ratios on a logarithmic scale."""
    return abs(math.log(grid[0] * image[1] / (grid[1] * image[0])))


def to_map(tensor: Tensor, layout: Layout) -> Tensor:
    """Return the map that the tensor holds, (B, C, H, W)."""
    if layout.name == "NCHW":
        return tensor
    if layout.name == "NHWC":
        return tensor.permute(0, 3, 1, 2)
    if layout.windows:
        return _merge_windows(tensor, layout)
    if layout.name == "BCN":
        return unflatten(tensor[:, :, layout.prefix :], 2, _current_grid(tensor.shape[2], layout))
    return unflatten(tensor[:, layout.prefix :], 1, _current_grid(tensor.shape[1], layout)).permute(
        0, 3, 1, 2
    )


def from_map(map_BCHW: Tensor, tensor: Tensor, layout: Layout) -> Tensor:
    """Convert a map back to the tensor's layout, keeping the tensor's prefix tokens."""
    if layout.name == "NCHW":
        return map_BCHW
    if layout.name == "NHWC":
        return map_BCHW.permute(0, 2, 3, 1)
    if layout.windows:
        return _split_windows(map_BCHW, tensor, layout)
    if layout.name == "BCN":
        tokens = map_BCHW.flatten(2)
        return cat([tensor[:, :, : layout.prefix], tokens], 2) if layout.prefix else tokens
    tokens = map_BCHW.permute(0, 2, 3, 1).flatten(1, 2)
    return cat([tensor[:, : layout.prefix], tokens], 1) if layout.prefix else tokens


def _current_grid(tokens: int, layout: Layout) -> Grid:
    """Return the grid of this many tokens: the probed one, or another of the same aspect ratio."""
    rows, columns = layout.grid
    if tokens - layout.prefix == rows * columns:
        return layout.grid
    return _factor_grid(tokens - layout.prefix, layout.grid) or layout.grid


def _window_axes(layout: Layout) -> list[int]:
    """Order the axes of the windowed view as batch, channels, rows from coarse to fine, columns from coarse to fine."""
    count = len(layout.windows)
    levels = list(range(count))
    if layout.name == "unrolled":
        levels = [count - 1, *range(count - 2, -1, -1)]
    return [0, 2 * count + 1, *(1 + 2 * level for level in levels), *(2 + 2 * level for level in levels)]


def _merge_windows(tensor: Tensor, layout: Layout) -> Tensor:
    flat = [side for window in layout.windows for side in window]
    view = tensor.reshape(tensor.shape[0], *flat, layout.channels).permute(_window_axes(layout))
    return view.reshape(tensor.shape[0], layout.channels, *layout.grid)


def _split_windows(map_BCHW: Tensor, tensor: Tensor, layout: Layout) -> Tensor:
    order = _window_axes(layout)
    flat = [1, *(side for window in layout.windows for side in window), 1]
    sides = [flat[axis] for axis in order[2:]]
    back = [order.index(axis) for axis in range(len(order))]
    return map_BCHW.reshape(map_BCHW.shape[0], layout.channels, *sides).permute(back).reshape(tensor.shape)

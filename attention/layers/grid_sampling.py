"""Bilinear sampling of a map at given coordinates, with a deterministic backward on CUDA.

The values and gradients of `torch.nn.functional.grid_sample` (bilinear, align_corners=False) within rounding. torch's
own backward adds with atomics on CUDA, and raises under `torch.use_deterministic_algorithms(True)`. Here the four
neighbors of each point are read by advanced indexing, whose backward, `index_put_(accumulate=True)`, is deterministic.
"""

import torch
from torch import Tensor


def grid_sample(x_BCHW: Tensor, grid_BHW2: Tensor, padding: str) -> Tensor:
    """Sample a map bilinearly at the points of a grid.

    x_BCHW has the dtype of the grid. The grid's last axis is (column, row), from -1 to 1 between the map's outer edges.
    `padding` is the value outside of the map: "zeros", "border" or "reflection". Returns (B, C, H', W') for a grid of
    (B, H', W', 2). A coordinate that is not a number gives a value that is none.
    """
    batch, channels, height, width = x_BCHW.shape
    column_BHW = _pad(_to_pixels(grid_BHW2[..., 0], width), width, padding)
    row_BHW = _pad(_to_pixels(grid_BHW2[..., 1], height), height, padding)
    row_2BHW, row_weight_2BHW = _neighbors(row_BHW, height)
    column_2BHW, column_weight_2BHW = _neighbors(column_BHW, width)
    sample_B11 = torch.arange(batch, device=x_BCHW.device)[:, None, None]
    index_22BHW = (sample_B11 * height + row_2BHW[:, None]) * width + column_2BHW[None]
    weight_22BHW = row_weight_2BHW[:, None] * column_weight_2BHW[None]
    pixels_NC = x_BCHW.permute(0, 2, 3, 1).reshape(-1, channels)
    y_BHWC = (pixels_NC[index_22BHW] * weight_22BHW[..., None]).sum((0, 1))
    return y_BHWC.permute(0, 3, 1, 2)


def _to_pixels(coordinate: Tensor, size: int) -> Tensor:
    """Map -1 and 1, the outer edges of the first and last pixel, to -0.5 and size - 0.5."""
    return ((coordinate + 1) * size - 1) / 2


def _pad(pixel: Tensor, size: int, padding: str) -> Tensor:
    """Move coordinates outside of the map to where the padding takes its value."""
    if padding == "zeros":
        return pixel
    if padding == "reflection":
        pixel = _reflect(pixel, size)
    inside = (pixel > 0) & (pixel < size - 1)  # as in torch, no gradient at the border itself
    return torch.where(inside, pixel, pixel.detach().clamp(0, size - 1))


def _reflect(pixel: Tensor, size: int) -> Tensor:
    """Reflect coordinates at the outer edges, -0.5 and size - 0.5, until they lie between them."""
    distance = (pixel + 0.5).abs()
    rest = torch.fmod(distance, size)
    is_even = torch.remainder(torch.floor(distance / size), 2) == 0
    return torch.where(is_even, rest, size - rest) - 0.5


def _neighbors(pixel: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """Return the indices of the pixels before and after each coordinate, and their weights, (2, ...) each.

    The weight of a neighbor outside of the map is 0, and its index some pixel inside.
    """
    before = torch.floor(pixel)
    neighbor = torch.stack((before, before + 1))
    weight = torch.stack((before + 1 - pixel, pixel - before))
    inside = (neighbor >= 0) & (neighbor <= size - 1)
    index = neighbor.clamp(0, size - 1).nan_to_num().long()  # an index outside would end the process on CUDA
    return index, weight * inside

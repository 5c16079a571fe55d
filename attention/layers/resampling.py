"""Pooling to a grid and resizing to a size as two small matrix products.

The same values as torch's adaptive average pooling and interpolation at every size, but with a backward that
is deterministic on GPUs, where torch's are not. Matrices are built per call: a grid is a few numbers.
"""

import torch
from torch import Tensor


def region_matrix(size: int, regions: int, like: Tensor) -> Tensor:
    """(regions, size): row i averages places floor(i size / regions) to ceil((i + 1) size / regions)."""
    row = torch.arange(regions, device=like.device)[:, None]
    place = torch.arange(size, device=like.device)
    inside = (place >= row * size // regions) & (place < ((row + 1) * size + regions - 1) // regions)
    weights = inside.to(like.dtype)
    return weights / weights.sum(1, keepdim=True)


def linear_matrix(size: int, wanted: int, like: Tensor) -> Tensor:
    """(wanted, size): linear interpolation between the centres of places, clamped at the borders."""
    exact = torch.promote_types(like.dtype, torch.float32)  # bfloat16 has no 257
    at = (torch.arange(wanted, device=like.device, dtype=exact) + 0.5) * (size / wanted) - 0.5
    place = torch.arange(size, device=like.device, dtype=exact)
    return (1 - (at.clamp(0, size - 1)[:, None] - place).abs()).clamp(min=0).to(like.dtype)


def region_means(x_BCHW: Tensor, height: int, width: int) -> Tensor:
    """Means over a grid of regions, (B, C, height, width), for maps of any size."""
    rows = region_matrix(x_BCHW.shape[2], height, x_BCHW)
    columns = region_matrix(x_BCHW.shape[3], width, x_BCHW)
    return rows @ (x_BCHW @ columns.T)


def resized(x_BCHW: Tensor, height: int, width: int) -> Tensor:
    """Bilinear interpolation to (B, C, height, width), corners not aligned."""
    rows = linear_matrix(x_BCHW.shape[2], height, x_BCHW)
    columns = linear_matrix(x_BCHW.shape[3], width, x_BCHW)
    return rows @ (x_BCHW @ columns.T)


def repeated(x_BCHW: Tensor, height: int, width: int, extent: int) -> Tensor:
    """Each place repeated over an extent x extent window, cut to (B, C, height, width)."""
    batch, channels, rows, columns = x_BCHW.shape
    wide = x_BCHW[:, :, :, None, :, None].expand(batch, channels, rows, extent, columns, extent)
    return wide.reshape(batch, channels, rows * extent, columns * extent)[:, :, :height, :width]

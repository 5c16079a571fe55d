"""Adaptive average pooling and bilinear resizing as two small matrix products.

The values equal those of torch's adaptive average pooling and interpolation at every size, but the backward pass is
deterministic on GPUs, where torch's is not. The matrices are built in every call: they hold a few numbers.
"""

import torch
from torch import Tensor


def region_matrix(size: int, regions: int, like: Tensor) -> Tensor:
    """Build the matrix of adaptive average pooling, (regions, size), in the dtype and on the device of `like`.

    Row i averages the positions from floor(i size / regions) to ceil((i + 1) size / regions).
    """
    row = torch.arange(regions, device=like.device)[:, None]
    position = torch.arange(size, device=like.device)
    inside = (position >= row * size // regions) & (position < ((row + 1) * size + regions - 1) // regions)
    weights = inside.to(like.dtype)
    return weights / weights.sum(1, keepdim=True)


def linear_matrix(size: int, target: int, like: Tensor) -> Tensor:
    """Build the matrix of linear interpolation between position centers, (target, size), clamped at the borders."""
    exact = torch.promote_types(like.dtype, torch.float32)  # bfloat16 has no 257
    at = (torch.arange(target, device=like.device, dtype=exact) + 0.5) * (size / target) - 0.5
    position = torch.arange(size, device=like.device, dtype=exact)
    return (1 - (at.clamp(0, size - 1)[:, None] - position).abs()).clamp(min=0).to(like.dtype)


def region_means(x_BCHW: Tensor, height: int, width: int) -> Tensor:
    """Average over a grid of regions, (B, C, height, width), for maps of any size."""
    rows = region_matrix(x_BCHW.shape[2], height, x_BCHW)
    columns = region_matrix(x_BCHW.shape[3], width, x_BCHW)
    return rows @ (x_BCHW @ columns.T)


def resize(x_BCHW: Tensor, height: int, width: int) -> Tensor:
    """Interpolate bilinearly to (B, C, height, width), with align_corners=False."""
    rows = linear_matrix(x_BCHW.shape[2], height, x_BCHW)
    columns = linear_matrix(x_BCHW.shape[3], width, x_BCHW)
    return rows @ (x_BCHW @ columns.T)


def repeat_windows(x_BCHW: Tensor, height: int, width: int, extent: int) -> Tensor:
    """Repeat each value over an extent x extent window and crop to (B, C, height, width)."""
    batch, channels, rows, columns = x_BCHW.shape
    expanded = x_BCHW[:, :, :, None, :, None].expand(batch, channels, rows, extent, columns, extent)
    return expanded.reshape(batch, channels, rows * extent, columns * extent)[:, :, :height, :width]

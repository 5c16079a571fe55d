"""Pooling over positions or channels, and the kernel size of a convolution along the channels."""

import math
from typing import Annotated

import torch
from torch import Tensor, nn

from ..options import Choice

Pool = Annotated[str, Choice("avg", "max", "both")]
Norm = Annotated[str, Choice("batch", "none")]


def adaptive_kernel_size(channels: int, gamma: int, beta: int) -> int:
    """Compute ECA's kernel size for this many channels, odd and at least 3 (arXiv:1910.03151, equation 12)."""
    size = int(abs((math.log2(channels) + beta) / gamma))
    return max(size | 1, 3)


def pool_logits(mlp: nn.Module, x_BCHW: Tensor, pool: str) -> Tensor:
    """Compute mlp(mean), mlp(max) or their sum over the positions: (B, C, H, W) -> (B, C, 1, 1)."""
    descriptors = [x_BCHW.mean((2, 3))] if pool in ("avg", "both") else []
    descriptors += [x_BCHW.amax((2, 3))] if pool in ("max", "both") else []
    logits_BC: Tensor = sum((mlp(z_BC) for z_BC in descriptors[1:]), start=mlp(descriptors[0]))
    return logits_BC[..., None, None]


def pool_channels(x_BCHW: Tensor, pool: str) -> Tensor:
    """Compute the maximum and the mean over channels, in this order, (B, 1 or 2, H, W)."""
    maps = [x_BCHW.amax(1, keepdim=True)] if pool in ("max", "both") else []
    maps += [x_BCHW.mean(1, keepdim=True)] if pool in ("avg", "both") else []
    return torch.cat(maps, 1) if len(maps) > 1 else maps[0]

"""Hard masks without parameters: the center of the map, and its local maxima. Baselines without a paper.

Both keep the map's shape, unlike cropping and pooling, and pass the gradient to the values they keep. They drop
information from the first step on, so there is no identity start.
"""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..layers.resampling import repeat_windows
from ..options import Choice, IntRange


def central_range(size: int, percent: int) -> tuple[int, int]:
    """Return start and end (exclusive) of the middle `percent` of an axis, at least one position."""
    length = max(round(size * percent / 100), 1)
    return (size - length) // 2, (size - length) // 2 + length


class CentreCrop(nn.Module):
    """Keep the middle of the map, zero the rest. x_BCHW -> BCHW."""

    def __init__(self, channels: int, *, percent: Annotated[int, Choice(25, 50, 75)] = 50) -> None:
        super().__init__()
        self.percent = percent

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Build the mask: 1 inside the crop, 0 outside, (1, 1, H, W)."""
        (top, bottom), (left, right) = (central_range(size, self.percent) for size in x_BCHW.shape[2:])
        mask = torch.zeros(1, 1, *x_BCHW.shape[2:], dtype=x_BCHW.dtype, device=x_BCHW.device)
        mask[:, :, top:bottom, left:right] = 1
        return mask

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0


class MaxPoolMask(nn.Module):
    """Keep each window's maximum in each channel, zero the rest. x_BCHW -> BCHW."""

    def __init__(self, channels: int, *, window: Annotated[int, IntRange(2, 4)] = 2) -> None:
        super().__init__()
        self.window = window

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute 1 at every position that equals its window's maximum, 0 elsewhere, (B, C, H, W)."""
        height, width = x_BCHW.shape[2:]
        maxima = functional.max_pool2d(x_BCHW.detach(), self.window, ceil_mode=True)
        return (x_BCHW >= repeat_windows(maxima, height, width, self.window)).to(x_BCHW.dtype)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0

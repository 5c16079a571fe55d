"""Triplet attention (Misra et al., WACV 2021, https://arxiv.org/abs/2010.03045), equations 2 and 3.

Three gates, each a convolution with batch norm and sigmoid of [max; mean] over one axis: over H a (C, W) gate, over W
an (H, C) gate, over C an (H, W) gate; y = x times their mean. The tensor is not rotated: pooling runs along the
axes directly. spatial=False leaves out the last gate, as the authors' no_spatial. Departure: start="identity" zeroes
the norms' weights and doubles the gates.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.convolution import conv2d_weights
from ..layers.gating import Start, gate_factor, zero_init
from ..options import Flag, Odd


def pool_axis(x_BCHW: Tensor, axis: int) -> Tensor:
    """Compute the maximum and mean over one axis, (B, 2, the other two axes)."""
    return torch.stack([x_BCHW.amax(axis), x_BCHW.mean(axis)], 1)


class Triplet(nn.Module):
    """Scale each pair of axes by a gate pooled over the third. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        kernel_size: Annotated[int, Odd(1, 9)] = 7,
        spatial: Annotated[bool, Flag()] = True,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        self.channels, self.start = channels, start

        def build_branch() -> nn.Sequential:
            norm = nn.BatchNorm2d(1, momentum=0.01)
            zero_init(norm, start)
            return nn.Sequential(nn.Conv2d(2, 1, kernel_size, padding=kernel_size // 2, bias=False), norm)

        self.over_height, self.over_width = build_branch(), build_branch()
        self.over_channels = build_branch() if spatial else None

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each element, (B, C, H, W)."""
        gate_BCW = gate_factor(self.over_height(pool_axis(x_BCHW, 2)), self.start).squeeze(1)
        gate_BHC = gate_factor(self.over_width(pool_axis(x_BCHW, 3).transpose(2, 3)), self.start).squeeze(1)
        both = gate_BCW[:, :, None] + gate_BHC.transpose(1, 2)[..., None]
        if self.over_channels is None:
            return both / 2
        return (both + gate_factor(self.over_channels(pool_axis(x_BCHW, 1)), self.start)) / 3

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions."""
        outputs = self.channels * (height + width) + (height * width if self.over_channels is not None else 0)
        return outputs * conv2d_weights(self.over_height)

"""Spatial gate by one convolution of the map: gate = sigmoid(conv_k(x)) to one channel, y = x * gate.

A form common in tutorials; with kernel_size=1 and no bias it is sSE (Roy et al., MICCAI 2018,
https://arxiv.org/abs/1803.02579). Departure: start="identity" zeroes the convolution and doubles the gate.
"""

from typing import Annotated

from torch import Tensor, nn

from ..autograd.convolution import to_one_channel
from ..layers.gating import Start, gate_factor, zero_init
from ..options import Flag, Odd


class DirectConv(nn.Module):
    """Scale each position by a convolution of all channels around it. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        kernel_size: Annotated[int, Odd(1, 9)] = 3,
        bias: Annotated[bool, Flag()] = True,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        self.start = start
        self.conv = nn.Conv2d(channels, 1, kernel_size, padding=kernel_size // 2, bias=bias)
        zero_init(self.conv, start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each position, (B, 1, H, W)."""
        return gate_factor(to_one_channel(self.conv, x_BCHW), self.start)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolution."""
        return self.conv.weight.numel() * height * width

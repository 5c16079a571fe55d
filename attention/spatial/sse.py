"""Spatial gate of scSE (Roy et al., MICCAI 2018, https://arxiv.org/abs/1803.02579), section 2.2.

gate = sigmoid(w . x) at each position, a 1x1 convolution to one channel; y = x * gate.
Departures: start="identity" doubles the gate and zeroes w; bias=True is SMP's form (the paper has none).
"""

from typing import Annotated

from torch import Tensor, nn

from ..autograd.convolution import to_one_channel
from ..layers.gating import Start, gate_factor, zero_init
from ..options import Flag


class Sse(nn.Module):
    """Scale each position by a linear function of its channels. x_BCHW -> BCHW."""

    def __init__(
        self, channels: int, *, bias: Annotated[bool, Flag()] = False, start: Start = "identity"
    ) -> None:
        super().__init__()
        self.start = start
        self.squeeze = nn.Conv2d(channels, 1, 1, bias=bias)
        zero_init(self.squeeze, start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each position, (B, 1, H, W)."""
        return gate_factor(to_one_channel(self.squeeze, x_BCHW), self.start)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolution."""
        return self.squeeze.in_channels * height * width

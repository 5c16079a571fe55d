"""Spatial gate of CBAM (Woo et al., ECCV 2018, https://arxiv.org/abs/1807.06521), equation 5.

gate = sigmoid(BN(conv_k([max_c x; mean_c x]))), the maximum first, y = x * gate. norm="none" leaves out the
batch norm, as most public copies do; pool takes both pools or one. Departure: start="identity" zeroes the last layer
and doubles the gate.
"""

from typing import Annotated

from torch import Tensor, nn

from ..autograd.convolution import to_one_channel
from ..layers.gating import Start, gate_factor, zero_init
from ..layers.pooling import Norm, Pool, pool_channels
from ..options import Odd


class SpatialGate(nn.Module):
    """Scale each position by a convolution of the maximum and mean over channels. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        kernel_size: Annotated[int, Odd(1, 15)] = 7,
        pool: Pool = "both",
        norm: Norm = "batch",
        start: Start = "identity",
    ) -> None:
        super().__init__()
        self.pool, self.start = pool, start
        maps = 2 if pool == "both" else 1
        self.conv = nn.Conv2d(maps, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.norm = nn.BatchNorm2d(1, momentum=0.01) if norm == "batch" else nn.Identity()
        zero_init(self.norm if norm == "batch" else self.conv, start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each position, (B, 1, H, W)."""
        return gate_factor(self.norm(to_one_channel(self.conv, pool_channels(x_BCHW, self.pool))), self.start)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolution."""
        return self.conv.weight.numel() * height * width

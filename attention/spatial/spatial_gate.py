"""Spatial half of CBAM (Woo et al., ECCV 2018, https://arxiv.org/abs/1807.06521), equation 5.

gate = sigmoid(BN(conv_k([max_c x; mean_c x]))), the maximum first, y = x * gate. norm="none" is the form without
batch norm that most copies have; pool takes both pools or one. Departure: start="identity" zeroes the last layer
and doubles the gate.
"""

from typing import Annotated

from torch import Tensor, nn

from ..autograd.convolution import to_one_channel
from ..layers.gating import Start, opened, silence
from ..layers.pooling import Norm, Pool, channel_pools
from ..options import Odd


class SpatialGate(nn.Module):
    """Weigh each place by a convolution of its channels' maximum and mean. x_BCHW -> BCHW."""

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
        silence(self.norm if norm == "batch" else self.conv, start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The factor of each place, (B, 1, H, W)."""
        return opened(self.norm(to_one_channel(self.conv, channel_pools(x_BCHW, self.pool))), self.start)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample's convolution."""
        return self.conv.weight.numel() * height * width

"""Convolutional block attention (Woo et al., ECCV 2018, https://arxiv.org/abs/1807.06521), equations 2 and 3.

channel: c = sigmoid(MLP(mean(x)) + MLP(max(x))) over the map; spatial: s = sigmoid(BN(conv_k([max; mean])))
over the channels; y = s(c x) * c x. As in the authors' code the MLP has biases, a batch norm follows the
convolution (norm="none" leaves it out, as many public copies do) and the maximum comes first.
Departures: hidden width max(C // r, min_hidden); start="identity" doubles both gates and zeroes the last
layer of each; the gradient of the maximum is shared among ties.
"""

from typing import Annotated

from torch import Tensor, nn

from ..autograd.cache_blocks import is_tracing
from ..autograd.convolution import to_one_channel
from ..autograd.pooling import pool_positions, scale_and_pool, scale_positions
from ..layers.bottleneck import Bottleneck
from ..layers.gating import Start, gate_factor, zero_init
from ..layers.pooling import Norm, Pool, pool_channels, pool_logits
from ..options import Choice, MinHidden, Odd, Reduction, hidden_width


class Cbam(nn.Module):
    """Scale channels, then positions (or in the reverse order, or in parallel). x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        reduction: Annotated[int, Reduction()] = 16,
        min_hidden: Annotated[int, MinHidden()] = 4,
        kernel_size: Annotated[int, Odd(1, 9)] = 7,
        order: Annotated[str, Choice("cs", "sc", "parallel")] = "cs",
        pool: Pool = "both",
        norm: Norm = "batch",
        start: Start = "identity",
    ) -> None:
        super().__init__()
        self.order, self.pool, self.start = order, pool, start
        self.mlp = Bottleneck(channels, hidden_width(channels, reduction, min_hidden), start=start)
        maps = 2 if pool == "both" else 1
        self.conv = nn.Conv2d(maps, 1, kernel_size, padding=kernel_size // 2, bias=False)
        self.norm = nn.BatchNorm2d(1, momentum=0.01) if norm == "batch" else nn.Identity()
        zero_init(self.norm if norm == "batch" else self.conv, start)

    def channel_gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each channel, (B, C, 1, 1)."""
        return gate_factor(pool_logits(self.mlp, x_BCHW, self.pool), self.start)

    def spatial_gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each position, (B, 1, H, W)."""
        return self._spatial_factor(pool_channels(x_BCHW, self.pool))

    def _spatial_factor(self, maps_BPHW: Tensor) -> Tensor:
        """Compute the spatial gate from the pooled maps, (B, 1 or 2, H, W) -> (B, 1, H, W)."""
        return gate_factor(self.norm(to_one_channel(self.conv, maps_BPHW)), self.start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each element, (B, C, H, W)."""
        first, second = self.channel_gate, self.spatial_gate
        if self.order == "sc":
            first, second = second, first
        gate = first(x_BCHW)
        return gate * second(x_BCHW if self.order == "parallel" else x_BCHW * gate)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        if self.order == "parallel":
            return x_BCHW * self.channel_gate(x_BCHW) * self.spatial_gate(x_BCHW)
        if self.order == "sc":
            y_BCHW = x_BCHW * self.spatial_gate(x_BCHW)
            return y_BCHW * self.channel_gate(y_BCHW)
        if self.pool == "both" and not is_tracing():
            return self._forward_low_memory(x_BCHW)
        y_BCHW = x_BCHW * self.channel_gate(x_BCHW)
        return y_BCHW * self.spatial_gate(y_BCHW)

    def _forward_low_memory(self, x_BCHW: Tensor) -> Tensor:
        """Compute the default order and pools, saving no map but the input for the backward pass."""
        same_BCHW, mean_BC, top_BC = pool_positions(x_BCHW)
        c_BC11 = gate_factor(self.mlp(mean_BC) + self.mlp(top_BC), self.start)[..., None, None].to(
            x_BCHW.dtype
        )
        y_BCHW, maps_B2HW = scale_and_pool(same_BCHW, c_BC11)
        s_B1HW = self._spatial_factor(maps_B2HW).to(x_BCHW.dtype)
        return scale_positions(y_BCHW, s_B1HW, x_BCHW.detach(), c_BC11.detach())

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's matrix products and convolution."""
        pools = self.conv.in_channels
        return pools * (self.mlp.macs() + self.conv.kernel_size[0] ** 2 * height * width)

"""Double attention (Chen et al., NeurIPS 2018, A2-Nets, https://arxiv.org/abs/1810.11579), equations 3 to 5.

Gather: G = A softmax_positions(B)^T, n global descriptors of m numbers; distribute: Z = G softmax_n(V), a mix of them
for each position; z = x + W Z, W from zero, so that z = x at the start. The cost is linear in the number of positions.
Departures: m = max(C // r, min_hidden); B has no bias, which its softmax cancels.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.gating import zero_init
from ..options import Choice, MinHidden, Reduction, hidden_width


class DoubleAttention(nn.Module):
    """Gather the map into a few descriptors and distribute them to all positions. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        reduction: Annotated[int, Reduction()] = 4,
        min_hidden: Annotated[int, MinHidden()] = 4,
        descriptors: Annotated[int, Choice(4, 8, 16, 32, 64)] = 16,
    ) -> None:
        super().__init__()
        hidden = hidden_width(channels, reduction, min_hidden)
        self.features = nn.Conv2d(channels, hidden, 1)
        self.gather = nn.Conv2d(channels, descriptors, 1, bias=False)
        self.distribute = nn.Conv2d(channels, descriptors, 1)
        self.out = nn.Conv2d(hidden, channels, 1)
        zero_init(self.out, "identity")

    def forward(self, x_BCHW: Tensor) -> Tensor:
        features_BMN = self.features(x_BCHW).flatten(2)
        gather_BKN = torch.softmax(self.gather(x_BCHW).flatten(2), 2)
        distribute_BKN = torch.softmax(self.distribute(x_BCHW).flatten(2), 1)
        mixed_BMN = (features_BMN @ gather_BKN.transpose(1, 2)) @ distribute_BKN
        residual_BCHW: Tensor = self.out(mixed_BMN.reshape(len(x_BCHW), -1, *x_BCHW.shape[2:]))
        return x_BCHW + residual_BCHW

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions and matrix products."""
        hidden, descriptors = self.features.out_channels, self.gather.out_channels
        linear = 2 * (self.features.weight.numel() + self.gather.weight.numel())
        return height * width * (linear + 2 * hidden * descriptors)

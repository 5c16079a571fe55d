"""Squeeze-and-excitation (Hu et al., CVPR 2018, https://arxiv.org/abs/1709.01507), equations 2 to 4.

gate = sigmoid(W2 relu(W1 mean(x))), y = x * gate. Letters: B batch, C channels, H height, W width.
Departures: the hidden width is max(C // r, min_hidden); start="identity" doubles the gate and zeroes W2;
pool "max" and "both" (the sum of both pools' logits, CBAM's channel gate) are not in the paper.
"""

from typing import Annotated

from torch import Tensor, nn

from ..layers.bottleneck import Bottleneck
from ..layers.gating import Squash, Start, gate_factor
from ..layers.pooling import pool_logits
from ..options import Choice, Flag, MinHidden, Reduction, hidden_width


class Se(nn.Module):
    """Scale each channel by a two-layer perceptron of all channel means. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        reduction: Annotated[int, Reduction()] = 16,
        min_hidden: Annotated[int, MinHidden()] = 4,
        pool: Annotated[str, Choice("avg", "max", "both")] = "avg",
        bias: Annotated[bool, Flag()] = True,
        squash: Squash = "sigmoid",
        start: Start = "identity",
    ) -> None:
        super().__init__()
        self.pool, self.squash, self.start = pool, squash, start
        self.mlp = Bottleneck(channels, hidden_width(channels, reduction, min_hidden), bias=bias, start=start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each channel, (B, C, 1, 1)."""
        return gate_factor(pool_logits(self.mlp, x_BCHW, self.pool), self.start, self.squash)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's matrix products."""
        return self.mlp.macs() * (2 if self.pool == "both" else 1)

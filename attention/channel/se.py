"""Squeeze-and-excitation (Hu et al., CVPR 2018, https://arxiv.org/abs/1709.01507), equations 2 to 4.

gate = sigmoid(W2 relu(W1 mean(x))), y = x * gate. Letters: B batch, C channels, H height, W width.
Departures: the hidden width is max(C // r, min_hidden); start="identity" doubles the gate and zeroes W2;
pool "max" and "both" (the sum of both pools' logits, CBAM's channel gate) are not in the paper.
"""

from typing import Annotated

from torch import Tensor, nn

from ..bottleneck import Bottleneck
from ..gating import Squash, Start, opened
from ..options import Choice, Flag, MinHidden, Reduction, hidden_width


def pooled_logits(mlp: nn.Module, x_BCHW: Tensor, pool: str) -> Tensor:
    """mlp(mean), mlp(max) or their sum over the map: (B, C, H, W) -> (B, C, 1, 1)."""
    descriptors = [x_BCHW.mean((2, 3))] if pool in ("avg", "both") else []
    descriptors += [x_BCHW.amax((2, 3))] if pool in ("max", "both") else []
    logits_BC: Tensor = sum((mlp(z_BC) for z_BC in descriptors[1:]), start=mlp(descriptors[0]))
    return logits_BC[..., None, None]


class Se(nn.Module):
    """Weigh each channel by a small perceptron of all channels' means. x_BCHW -> BCHW."""

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
        """The factor of each channel, (B, C, 1, 1)."""
        return opened(pooled_logits(self.mlp, x_BCHW, self.pool), self.start, self.squash)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample's matrix products."""
        return self.mlp.macs() * (2 if self.pool == "both" else 1)

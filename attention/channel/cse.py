"""Channel gate of scSE (Roy et al., MICCAI 2018, https://arxiv.org/abs/1803.02579), section 2.1.

cSE is squeeze-and-excitation with reduction 2: gate = sigmoid(W1 relu(W2 mean(x))), y = x * gate.
Departures: the hidden width is max(C // r, min_hidden); start="identity" doubles the gate and zeroes W1.
"""

from typing import Annotated

from torch import Tensor, nn

from ..layers.bottleneck import Bottleneck
from ..layers.gating import Start, gate_factor
from ..options import MinHidden, Reduction, hidden_width


class Cse(nn.Module):
    """Scale each channel by a perceptron of all channel means with a hidden layer half as wide. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        reduction: Annotated[int, Reduction()] = 2,
        min_hidden: Annotated[int, MinHidden()] = 4,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        self.start = start
        self.mlp = Bottleneck(channels, hidden_width(channels, reduction, min_hidden), start=start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each channel, (B, C, 1, 1)."""
        logits_BC: Tensor = self.mlp(x_BCHW.mean((2, 3)))
        return gate_factor(logits_BC, self.start)[..., None, None]

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's matrix products."""
        return self.mlp.macs()

"""Effective squeeze-and-excitation (Lee and Park, CVPR 2020, https://arxiv.org/abs/1911.06667), equation 4.

gate = sigmoid(W mean(x)) with one full C x C layer, so that no channel information is lost in a bottleneck.
Departures: hard_sigmoid by default, as in the authors' and timm's code; start="identity" doubles the gate and zeroes
W.
"""

from typing import Annotated

from torch import Tensor, nn

from ..layers.gating import Start, gate_factor, zero_init
from ..options import Choice


class Ese(nn.Module):
    """Scale each channel by a linear layer of all channel means. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        squash: Annotated[str, Choice("sigmoid", "hard_sigmoid")] = "hard_sigmoid",
        start: Start = "identity",
    ) -> None:
        super().__init__()
        self.squash, self.start = squash, start
        self.mix = nn.Linear(channels, channels)
        zero_init(self.mix, start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each channel, (B, C, 1, 1)."""
        logits_BC: Tensor = self.mix(x_BCHW.mean((2, 3)))
        return gate_factor(logits_BC, self.start, self.squash)[..., None, None]

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's matrix product."""
        return self.mix.weight.numel()

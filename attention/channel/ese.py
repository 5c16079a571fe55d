"""Effective squeeze-and-excitation (Lee and Park, CVPR 2020, https://arxiv.org/abs/1911.06667), equation 4.

gate = sigmoid(W mean(x)) with one full C x C layer, so that no channel information is squeezed away.
Departures: hard_sigmoid by default, as in the authors' and timm's code; start="identity" doubles the gate and zeroes W.
"""

from typing import Annotated

from torch import Tensor, nn

from ..layers.gating import Start, opened, silence
from ..options import Choice


class Ese(nn.Module):
    """Weigh each channel by a linear layer of all channels' means. x_BCHW -> BCHW."""

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
        silence(self.mix, start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The factor of each channel, (B, C, 1, 1)."""
        logits_BC: Tensor = self.mix(x_BCHW.mean((2, 3)))
        return opened(logits_BC, self.start, self.squash)[..., None, None]

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample's matrix product."""
        return self.mix.weight.numel()

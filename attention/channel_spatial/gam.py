"""Global attention mechanism (Liu et al., 2021, https://arxiv.org/abs/2112.05561), equations 1 and 2.

channel: sigmoid(W2 relu(W1 x)) at every position, without pooling; spatial: sigmoid(BN(conv_k relu(BN(conv_k(x)))))
with full k x k convolutions through C / r channels; one after the other. Heavy: 1.6 million weights at 256 channels.
Departures: hidden width max(C // r, min_hidden); no biases before batch norms; start="identity" zeroes W2 and
the last norm and doubles both gates.
"""

from typing import Annotated

from torch import Tensor, nn
from torch.nn import functional

from ..layers.convolution import conv2d_weights
from ..layers.gating import Start, gate_factor, zero_init
from ..options import Choice, MinHidden, Reduction, hidden_width


class Gam(nn.Module):
    """Scale each element by the channels at its position, then by its neighborhood. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        reduction: Annotated[int, Reduction()] = 4,
        min_hidden: Annotated[int, MinHidden()] = 4,
        kernel_size: Annotated[int, Choice(3, 5, 7)] = 7,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        hidden, self.start = hidden_width(channels, reduction, min_hidden), start
        self.reduce, self.expand = nn.Conv2d(channels, hidden, 1), nn.Conv2d(hidden, channels, 1)
        padding = kernel_size // 2
        self.spatial = nn.Sequential(
            nn.Conv2d(channels, hidden, kernel_size, padding=padding, bias=False),
            nn.BatchNorm2d(hidden),
            nn.ReLU(),
            nn.Conv2d(hidden, channels, kernel_size, padding=padding, bias=False),
            nn.BatchNorm2d(channels),
        )
        zero_init(self.expand, start)
        zero_init(self.spatial[-1], start)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        logits = self.expand(functional.relu(self.reduce(x_BCHW)))
        y_BCHW = x_BCHW * gate_factor(logits, self.start)
        return y_BCHW * gate_factor(self.spatial(y_BCHW), self.start)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions."""
        return height * width * conv2d_weights(self)

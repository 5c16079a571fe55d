"""Bottleneck attention module, BAM (Park et al., BMVC 2018, https://arxiv.org/abs/1807.06514), equations 1 to 5.

Mc = BN(W1 relu(W0 mean(x))), Ms = BN(conv1 conv3 ... conv3 conv1 (x)) with dilated 3x3 convolutions to one channel,
y = x (1 + sigmoid(Mc + Ms)). As in the authors' code a batch norm and ReLU follow each inner layer.
Departures: hidden width max(C // r, min_hidden); start="identity" zeroes both last norms and divides the factor by
its starting value, 3/2.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.convolution import conv2d_weights, linear_weights
from ..layers.gating import Start, zero_init
from ..options import Choice, IntRange, MinHidden, Reduction, hidden_width


class Bam(nn.Module):
    """Scale each element by the sum of a channel map and a spatial map. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        reduction: Annotated[int, Reduction()] = 16,
        min_hidden: Annotated[int, MinHidden()] = 4,
        dilation: Annotated[int, Choice(1, 2, 4, 6)] = 4,
        convolutions: Annotated[int, IntRange(1, 3)] = 2,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        hidden = hidden_width(channels, reduction, min_hidden)
        self.scale = 1.5 if start == "identity" else 1.0
        self.channel = nn.Sequential(
            nn.Linear(channels, hidden, bias=False),
            nn.BatchNorm1d(hidden),
            nn.ReLU(),
            nn.Linear(hidden, channels, bias=False),
            nn.BatchNorm1d(channels),
        )
        dilated = [
            nn.Conv2d(hidden, hidden, 3, padding=dilation, dilation=dilation, bias=False)
            for _ in range(convolutions)
        ]
        inner = [nn.Conv2d(channels, hidden, 1, bias=False), *dilated]
        steps = [layer for conv in inner for layer in (conv, nn.BatchNorm2d(hidden), nn.ReLU())]
        self.spatial = nn.Sequential(*steps, nn.Conv2d(hidden, 1, 1, bias=False), nn.BatchNorm2d(1))
        zero_init(self.channel[-1], start)
        zero_init(self.spatial[-1], start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each element, (B, C, H, W)."""
        logits = self.channel(x_BCHW.mean((2, 3)))[..., None, None] + self.spatial(x_BCHW)
        gate: Tensor = (1 + torch.sigmoid(logits)) / self.scale
        return gate

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's matrix products and convolutions."""
        return linear_weights(self.channel) + height * width * conv2d_weights(self.spatial)

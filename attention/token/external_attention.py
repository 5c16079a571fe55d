"""External attention (Guo et al., 2021, https://arxiv.org/abs/2105.02358), equations 5 and 6.

Each position attends to S learned memory slots: a = M_k W x, softmax over the positions, then each position's weights
are divided by their sum over the slots ("double normalization"); z = x + norm(W_o M_v a). Departures: no ReLU after
the sum; W has no bias, which the softmax cancels; the last batch norm starts at zero, so that z = x at the start.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.convolution import conv2d_weights
from ..layers.gating import zero_init
from ..options import Choice


class ExternalAttention(nn.Module):
    """Add to each position attention over a learned memory. x_BCHW -> BCHW."""

    def __init__(self, channels: int, *, slots: Annotated[int, Choice(16, 32, 64, 128)] = 64) -> None:
        super().__init__()
        self.embed = nn.Conv2d(channels, channels, 1, bias=False)
        self.keys = nn.Conv2d(channels, slots, 1, bias=False)
        self.values = nn.Conv2d(slots, channels, 1, bias=False)
        self.out = nn.Conv2d(channels, channels, 1, bias=False)
        self.norm = nn.BatchNorm2d(channels)
        zero_init(self.norm, "identity")

    def forward(self, x_BCHW: Tensor) -> Tensor:
        scores_BSHW = self.keys(self.embed(x_BCHW))
        weights_BSHW = torch.softmax(scores_BSHW.flatten(2), 2).reshape(scores_BSHW.shape)
        weights_BSHW = weights_BSHW / (1e-9 + weights_BSHW.sum(1, keepdim=True))
        residual_BCHW: Tensor = self.norm(self.out(self.values(weights_BSHW)))
        return x_BCHW + residual_BCHW

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions."""
        return height * width * conv2d_weights(self)

"""Two controls that bound what a gate's form alone can do.

ParameterFree: y = x * sigmoid(mean(x)), a gate that looks but has nothing to learn (gather-excite's theta-minus with a
global extent; Hu et al., NeurIPS 2018, https://arxiv.org/abs/1810.12348). It gates from the first step on.
ScaleOnly: y = x * w with one learned number, from 1: what a module gains by rescaling its branch.
"""

import torch
from torch import Tensor, nn


class ParameterFree(nn.Module):
    """Weigh each channel by the sigmoid of its own mean. x_BCHW -> BCHW."""

    def __init__(self, channels: int) -> None:
        super().__init__()

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The factor of each channel, (B, C, 1, 1)."""
        return torch.sigmoid(x_BCHW.mean((2, 3), keepdim=True))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """No matrix product, no convolution."""
        return 0


class ScaleOnly(nn.Module):
    """Multiply the whole map by one learned number. x_BCHW -> BCHW."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The number."""
        return self.scale

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.scale

    def macs(self, height: int, width: int) -> int:
        """No matrix product, no convolution."""
        return 0

"""Two controls for the form of a gate: one without parameters, one with a single parameter.

ParameterFree: y = x * sigmoid(mean(x)), a gate that depends on the input but has no parameters (gather-excite's
theta-minus with a global extent; Hu et al., NeurIPS 2018, https://arxiv.org/abs/1810.12348). There is no identity
start. ScaleOnly: y = x * w with one learned number, from 1: it shows what a module gains by rescaling its branch.
"""

import torch
from torch import Tensor, nn


class ParameterFree(nn.Module):
    """Scale each channel by the sigmoid of its own mean. x_BCHW -> BCHW."""

    def __init__(self, channels: int) -> None:
        super().__init__()

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each channel, (B, C, 1, 1)."""
        return torch.sigmoid(x_BCHW.mean((2, 3), keepdim=True))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0


class ScaleOnly(nn.Module):
    """Multiply the whole map by one learned number. x_BCHW -> BCHW."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(()))

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Return the learned number."""
        return self.scale

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.scale

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0

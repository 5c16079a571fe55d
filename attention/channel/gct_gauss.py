"""Gaussian context transformer (Ruan et al., CVPR 2021, "Gaussian Context Transformer"), equations 2 to 5.

z = (mean(x) - mu) / sigma over the channels, gate = exp(-z^2 / (2 c^2)): the further from the average channel,
the less comes through. No weights for a fixed width c (GCT-B0, c = 2); one with learned=True (GCT-B1).
It has no identity start: the gate falls with the distance from the first step on.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..options import Choice, Flag


class GctGauss(nn.Module):
    """Weigh each channel by a Gaussian of its normalised mean. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        width: Annotated[int, Choice(1, 2, 3)] = 2,
        learned: Annotated[bool, Flag()] = False,
    ) -> None:
        super().__init__()
        start = torch.tensor(float(width))
        self.width = nn.Parameter(start) if learned else width

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The factor of each channel, (B, C, 1, 1)."""
        mean_BC11 = x_BCHW.mean((2, 3), keepdim=True)
        variance, centre = torch.var_mean(mean_BC11, 1, correction=0, keepdim=True)
        z_squared = (mean_BC11 - centre).square() / (variance + 1e-5)
        return torch.exp(-z_squared / (2 * self.width**2))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """No matrix product, no convolution."""
        return 0

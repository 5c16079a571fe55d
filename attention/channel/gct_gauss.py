"""Gaussian context transformer (Ruan et al., CVPR 2021, "Gaussian Context Transformer"), section 3.

z = (mean(x) - mu) / sigma over the channels, gate = exp(-z^2 / (2 c^2)): the further a channel is
from the average channel, the smaller its gate. A fixed width c has no parameter (GCT-B0, c = 2); learned=True has one
(GCT-B1): c = alpha sigmoid(theta) + beta, theta from 0. There is no identity start: the gate falls with the distance
from the first step on.
Departures: the small constant is added under the root, where the gradient stays finite on equal channels; the paper
adds it to sigma. Source: the authors published no code; the formulas are quoted from a reading of the paper, which
gives no values for alpha and beta: here 2 and 1, so that c stays in the searched range and starts at the paper's 2.
Some public copies write z^2 / 2 * c, which multiplies by c instead of dividing by c^2.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..options import Choice, Flag

ALPHA, BETA = 2.0, 1.0
"""A learned width lies between beta and alpha + beta."""


class GctGauss(nn.Module):
    """Scale each channel by a Gaussian of its normalized mean. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        width: Annotated[int, Choice(1, 2, 3)] = 2,
        learned: Annotated[bool, Flag()] = False,
    ) -> None:
        super().__init__()
        self.width = float(width)
        self.theta = nn.Parameter(torch.zeros(())) if learned else None

    @staticmethod
    def inactive(*, learned: bool, **_: object) -> set[str]:
        """Name `width` where it has no effect: a learned width starts at theta = 0."""
        return {"width"} if learned else set()

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each channel, (B, C, 1, 1)."""
        mean_BC11 = x_BCHW.mean((2, 3), keepdim=True)
        variance, center = torch.var_mean(mean_BC11, 1, correction=0, keepdim=True)
        z_squared = (mean_BC11 - center).square() / (variance + 1e-5)
        width = self.width if self.theta is None else ALPHA * torch.sigmoid(self.theta) + BETA
        return torch.exp(-z_squared / (2 * width**2))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0

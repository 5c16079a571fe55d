"""Gaussian context transformer (Ruan et al., CVPR 2021, "Gaussian Context Transformer"), section 3.

z = (mean(x) - mu) / sigma over the channels, gate = exp(-z^2 / (2 c^2)): the further from the average channel,
the less comes through. No weights for a fixed width c (GCT-B0, c = 2); one, theta, with learned=True (GCT-B1):
c = alpha sigmoid(theta) + beta, theta from 0. It has no identity start: the gate falls with the distance from the
first step on.
Departures: the small constant stands under the root, where its gradient stays finite on equal channels; the paper adds
it to sigma. Source: the authors published no code; the formulas are those that a reading of the paper quotes. That
gives alpha and beta no values: here 2 and 1, so that c lies within the range searched and starts at the paper's 2.
Beware of copies in circulation that write z^2 / 2 * c, which multiplies by c.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..options import Choice, Flag

WIDEST, NARROWEST = 2.0, 1.0
"""alpha and beta: a learned width lies between beta and alpha + beta."""


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
        self.width = float(width)
        self.theta = nn.Parameter(torch.zeros(())) if learned else None

    @staticmethod
    def inactive(*, learned: bool, **_: object) -> set[str]:
        """A learned width starts where it starts."""
        return {"width"} if learned else set()

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The factor of each channel, (B, C, 1, 1)."""
        mean_BC11 = x_BCHW.mean((2, 3), keepdim=True)
        variance, centre = torch.var_mean(mean_BC11, 1, correction=0, keepdim=True)
        z_squared = (mean_BC11 - centre).square() / (variance + 1e-5)
        width = self.width if self.theta is None else WIDEST * torch.sigmoid(self.theta) + NARROWEST
        return torch.exp(-z_squared / (2 * width**2))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """No matrix product, no convolution."""
        return 0

"""SimAM (Yang et al., ICML 2021, http://proceedings.mlr.press/v139/yang21o.html), equations 5 and 6.

gate = sigmoid((x - mean)^2 / (4 (variance + lambda)) + 1/2), per channel, the variance over N - 1; no weights.
No identity start: it gates from the first step on. Departure: at one place the variance is 0, not 0 / 0.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..options import LogRange


class Simam(nn.Module):
    """Weigh each element by how it stands out in its channel. x_BCHW -> BCHW."""

    def __init__(self, channels: int, *, penalty: Annotated[float, LogRange(1e-6, 1e-1)] = 1e-4) -> None:
        super().__init__()
        self.penalty = penalty

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The factor of each element, (B, C, H, W)."""
        squared = (x_BCHW - x_BCHW.mean((2, 3), keepdim=True)).square()
        places = max(x_BCHW.shape[2] * x_BCHW.shape[3] - 1, 1)
        variance = squared.sum((2, 3), keepdim=True) / places
        return torch.sigmoid(squared / (4 * (variance + self.penalty)) + 0.5)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """No matrix product, no convolution."""
        return 0

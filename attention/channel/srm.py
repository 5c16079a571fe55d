"""Style-based recalibration (Lee et al., ICCV 2019, https://arxiv.org/abs/1903.10829), equations 1 to 6.

Each channel's style is (mean, standard deviation); gate = sigmoid(BN(w_c . style_c)) with two weights per channel.
Departures: the deviation divides by N (N - 1 is undefined for one position); w starts random (in the authors' code it
starts at zero and the norm's weight does not); start="identity" zeroes BN's weight and doubles the gate.
"""

import torch
from torch import Tensor, nn

from ..layers.gating import Start, gate_factor, zero_init


class Srm(nn.Module):
    """Scale each channel by its own mean and standard deviation. x_BCHW -> BCHW."""

    def __init__(self, channels: int, *, start: Start = "identity") -> None:
        super().__init__()
        self.start = start
        self.weight = nn.Parameter(torch.randn(channels, 2) * 2**-0.5)
        self.norm = nn.BatchNorm1d(channels)
        zero_init(self.norm, start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each channel, (B, C, 1, 1)."""
        variance_BC, mean_BC = torch.var_mean(x_BCHW, (2, 3), correction=0)
        deviation_BC = (variance_BC + 1e-5).sqrt()
        style_BC = self.weight[:, 0] * mean_BC + self.weight[:, 1] * deviation_BC
        return gate_factor(self.norm(style_BC), self.start)[..., None, None]

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0

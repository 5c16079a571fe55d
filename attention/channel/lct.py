"""Linear context transform (Ruan et al., AAAI 2020, https://arxiv.org/abs/1909.03834), equations 3 to 5.

The channels' means are normalized within groups, z = (mean - mu_g) / sigma_g, and gate = sigmoid(w_c z_c + b_c).
Departures: start="identity" starts w and b at 0 and doubles the gate. Source: the authors' code was not found; the
formula agrees with a public re-implementation (https://github.com/changzy00/pytorch-attention), which starts at w = 1,
b = 0; start="paper", w = 0 and b = 1, is quoted from memory and not verified.
Raises ValueError unless the groups divide the channels into at least 2 each.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.gating import Start, gate_factor
from ..options import Choice


class Lct(nn.Module):
    """Scale each channel by its mean, standardized within its group. x_BCHW -> BCHW."""

    def __init__(
        self, channels: int, *, groups: Annotated[int, Choice(1, 2, 4, 8, 16)] = 4, start: Start = "identity"
    ) -> None:
        super().__init__()
        if channels % groups or channels == groups:
            raise ValueError(f"lct: {groups} groups do not divide {channels} channels into at least 2 each")
        self.groups, self.start = groups, start
        self.weight = nn.Parameter(torch.zeros(channels))
        self.bias = nn.Parameter(torch.full((channels,), float(start == "paper")))

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each channel, (B, C, 1, 1)."""
        mean_BGD = x_BCHW.mean((2, 3)).reshape(len(x_BCHW), self.groups, -1)
        variance, center = torch.var_mean(mean_BGD, 2, correction=0, keepdim=True)
        z_BC = ((mean_BGD - center) / (variance + 1e-5).sqrt()).flatten(1)
        return gate_factor(self.weight * z_BC + self.bias, self.start)[..., None, None]

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0

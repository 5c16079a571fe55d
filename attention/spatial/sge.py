"""Spatial group-wise enhance (Li et al., 2019, https://arxiv.org/abs/1905.09646), equations 1 to 5.

In each group of channels, g = mean(x), c_i = g . x_i, c^ = (c - mean) / std over the positions, gate = sigmoid(gamma
c^ + beta), y = x * gate. Departures: the deviation is sqrt(variance + 1e-5) over N, so that it is defined for one
position; start="identity" starts beta at 0 and doubles the gate (the authors start at gamma 0, beta 1).
Raises ValueError unless the groups divide the channels.
"""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..layers.gating import Start, gate_factor
from ..options import Choice


class Sge(nn.Module):
    """Scale each position, in each group of channels, by its similarity to the group's mean. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        groups: Annotated[int, Choice(2, 4, 8, 16, 32, 64)] = 8,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        if channels % groups:
            raise ValueError(f"sge: {groups} groups do not divide {channels} channels")
        self.groups, self.start = groups, start
        self.gamma = nn.Parameter(torch.zeros(groups, 1, 1, 1))
        self.beta = nn.Parameter(torch.full((groups, 1, 1, 1), float(start == "paper")))

    def _split_groups(self, x_BCHW: Tensor) -> Tensor:
        """Reshape (B, C, H, W) to (B, groups, C / groups, H, W)."""
        batch, channels, height, width = x_BCHW.shape
        return x_BCHW.reshape(batch, self.groups, channels // self.groups, height, width)

    def _gate(self, x_BGDHW: Tensor) -> Tensor:
        """Compute the gate of each position of each group, (B, groups, 1, H, W)."""
        similarity = (x_BGDHW * x_BGDHW.mean((3, 4), keepdim=True)).sum(2, keepdim=True)
        standard = functional.layer_norm(similarity, similarity.shape[3:])
        return gate_factor(self.gamma * standard + self.beta, self.start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each element, (B, C, H, W)."""
        x_BGDHW = self._split_groups(x_BCHW)
        return self._gate(x_BGDHW).expand_as(x_BGDHW).reshape(x_BCHW.shape)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        x_BGDHW = self._split_groups(x_BCHW)
        return (x_BGDHW * self._gate(x_BGDHW)).reshape(x_BCHW.shape)

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0

"""Selective kernel (Li et al., CVPR 2019, SKNet, https://arxiv.org/abs/1903.06586), equations 1 to 6.

Branch i is a grouped 3x3 convolution of dilation i + 1 with batch norm and ReLU; z = relu(BN(W mean(sum of
branches))); a softmax over the branches of A_i z weights them per channel. It replaces a convolution: there is no
identity start.
Departures: hidden width max(C // r, min_hidden), with the paper's floor of 32; the number of groups is gcd(groups, C).
"""

import math
from collections.abc import Sequence
from typing import Annotated, ClassVar

import torch
from torch import Tensor, nn

from ..layers.convolution import conv2d_weights, linear_weights
from ..options import Choice, MinHidden, Reduction, hidden_width


def weighted_sum(maps: Sequence[Tensor], weights_BMC11: Tensor) -> Tensor:
    """Sum M maps (B, C, H, W), each multiplied by its weights (B, C, 1, 1)."""
    total_BCHW = maps[0] * weights_BMC11[:, 0]
    for index, map_BCHW in enumerate(maps[1:], 1):
        total_BCHW = total_BCHW + map_BCHW * weights_BMC11[:, index]
    return total_BCHW


class Sk(nn.Module):
    """Convolve with several dilations and weight the branches per channel. x_BCHW -> BCHW."""

    derived: ClassVar = ("reduction", "min_hidden", "groups")

    def __init__(
        self,
        channels: int,
        *,
        branches: Annotated[int, Choice(2, 3)] = 2,
        groups: Annotated[int, Choice(1, 4, 8, 16, 32)] = 32,
        reduction: Annotated[int, Reduction()] = 16,
        min_hidden: Annotated[int, MinHidden(8, 16, 32)] = 32,
    ) -> None:
        super().__init__()
        hidden, count = hidden_width(channels, reduction, min_hidden), math.gcd(groups, channels)
        self.branches = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(channels, channels, 3, padding=d, dilation=d, groups=count, bias=False),
                nn.BatchNorm2d(channels),
                nn.ReLU(),
            )
            for d in range(1, branches + 1)
        )
        self.reduce = nn.Sequential(
            nn.Linear(channels, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU()
        )
        self.select = nn.Linear(hidden, branches * channels, bias=False)

    @staticmethod
    def effective(
        channels: int, *, groups: int, reduction: int, min_hidden: int, **_: object
    ) -> dict[str, int]:
        """Return the hidden width and the number of groups in use."""
        hidden = hidden_width(channels, reduction, min_hidden)
        return {"hidden": hidden, "groups": math.gcd(groups, channels)}

    def forward(self, x_BCHW: Tensor) -> Tensor:
        maps = [branch(x_BCHW) for branch in self.branches]
        means_BC = torch.stack([map_BCHW.mean((2, 3)) for map_BCHW in maps]).sum(0)
        logits_BMC = self.select(self.reduce(means_BC)).reshape(len(x_BCHW), len(maps), -1)
        weights_BMC11 = torch.softmax(logits_BMC, 1)[..., None, None]
        return weighted_sum(maps, weights_BMC11)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions and matrix products."""
        return height * width * conv2d_weights(self) + linear_weights(self)

"""Pyramid squeeze attention (Zhang et al., 2021, EPSANet, https://arxiv.org/abs/2105.14447), equations 1 to 8.

Four convolutions of sizes 3, 5, 7, 9 in 1, 4, 8, 16 groups compute a quarter of the channels each; one shared
squeeze-and-excitation computes the weights of each quarter, and a softmax across the four normalizes them. It replaces
a convolution: there is no identity start. grouped="one" uses one group.
Departures: hidden width max(C / 4 // r, min_hidden); the number of groups is gcd(groups, C / 4).
Raises ValueError unless 4 divides the channels.
"""

import math
from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.bottleneck import Bottleneck
from ..options import Choice, MinHidden, Reduction, hidden_width

BRANCHES = ((3, 1), (5, 4), (7, 8), (9, 16))


class Pyramid(nn.Module):
    """Convolve with four kernel sizes and weight the four outputs by a softmax. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        grouped: Annotated[str, Choice("paper", "one")] = "paper",
        reduction: Annotated[int, Reduction()] = 16,
        min_hidden: Annotated[int, MinHidden()] = 4,
    ) -> None:
        super().__init__()
        if channels % 4:
            raise ValueError(f"pyramid: 4 does not divide {channels} channels")
        part = channels // 4
        self.branches = nn.ModuleList(
            nn.Conv2d(
                channels,
                part,
                size,
                padding=size // 2,
                bias=False,
                groups=math.gcd(groups, part) if grouped == "paper" else 1,
            )
            for size, groups in BRANCHES
        )
        self.mlp = Bottleneck(part, hidden_width(part, reduction, min_hidden), start="paper")

    @staticmethod
    def effective(channels: int, *, reduction: int, min_hidden: int, **_: object) -> dict[str, int]:
        """Return the hidden width in use."""
        return {"hidden": hidden_width(channels // 4, reduction, min_hidden)}

    def forward(self, x_BCHW: Tensor) -> Tensor:
        maps = [branch(x_BCHW) for branch in self.branches]
        logits_B4C = torch.stack([torch.sigmoid(self.mlp(part.mean((2, 3)))) for part in maps], 1)
        weights_B4C11 = torch.softmax(logits_B4C, 1)[..., None, None]
        return torch.cat([part * weights_B4C11[:, i] for i, part in enumerate(maps)], 1)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions and matrix products."""
        convolutions = sum(p.numel() for p in self.branches.parameters())
        return height * width * convolutions + 4 * self.mlp.macs()

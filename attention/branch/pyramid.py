"""Pyramid squeeze attention (Zhang et al., 2021, EPSANet, https://arxiv.org/abs/2105.14447), equations 1 to 8.

Four convolutions of sizes 3, 5, 7, 9 in 1, 4, 8, 16 groups give a quarter of the channels each; one shared
squeeze-and-excitation weighs each quarter, a softmax across the four normalises the weights. It replaces a
convolution: no identity start. grouped="one" does without groups.
Departures: hidden width max(C / 4 // r, min_hidden); as many of the groups as divide a quarter (gcd).
Raises ValueError where 4 does not divide the channels.
"""

import math
from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.bottleneck import Bottleneck
from ..options import Choice, MinHidden, Reduction, hidden_width

BRANCHES = ((3, 1), (5, 4), (7, 8), (9, 16))


class Pyramid(nn.Module):
    """Convolve at four sizes and weigh the four against each other. x_BCHW -> BCHW."""

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
        """The hidden width in use."""
        return {"hidden": hidden_width(channels // 4, reduction, min_hidden)}

    def forward(self, x_BCHW: Tensor) -> Tensor:
        maps = [branch(x_BCHW) for branch in self.branches]
        logits_B4C = torch.stack([torch.sigmoid(self.mlp(part.mean((2, 3)))) for part in maps], 1)
        weights_B4C11 = torch.softmax(logits_B4C, 1)[..., None, None]
        return torch.cat([part * weights_B4C11[:, i] for i, part in enumerate(maps)], 1)

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample's convolutions and matrix products."""
        convolutions = sum(p.numel() for p in self.branches.parameters())
        return height * width * convolutions + 4 * self.mlp.macs()

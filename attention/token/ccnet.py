"""Criss-cross attention (Huang et al., ICCV 2019, CCNet, https://arxiv.org/abs/1811.11721), equations 1 and 2.

Each position attends to its own row and column, H + W - 1 positions (itself once), by one softmax; z = x + gamma y,
gamma from 0: the paper's own start is the identity. Applied `recurrence` times with the same weights; after two passes
every position has received from every other. Departures: hidden width max(C // r, min_hidden); the key has no bias,
which the softmax cancels.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..options import Choice, MinHidden, Reduction, hidden_width


class Ccnet(nn.Module):
    """Add attention over each position's row and column, repeatedly. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        reduction: Annotated[int, Reduction()] = 8,
        min_hidden: Annotated[int, MinHidden()] = 4,
        recurrence: Annotated[int, Choice(1, 2, 3)] = 2,
    ) -> None:
        super().__init__()
        hidden, self.recurrence = hidden_width(channels, reduction, min_hidden), recurrence
        self.query = nn.Conv2d(channels, hidden, 1)
        self.key = nn.Conv2d(channels, hidden, 1, bias=False)
        self.value = nn.Conv2d(channels, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        for _ in range(self.recurrence):
            x_BCHW = x_BCHW + self.gamma * self._criss_cross(x_BCHW)
        return x_BCHW

    def _criss_cross(self, x_BCHW: Tensor) -> Tensor:
        """Attend over rows and columns once; the column's scores mask the position itself, which its row has."""
        height = x_BCHW.shape[2]
        maps = [project(x_BCHW) for project in (self.query, self.key, self.value)]
        q_W, k_W, v_W = (projection.permute(0, 3, 2, 1) for projection in maps)
        q_H, k_H, v_H = (projection.permute(0, 2, 3, 1) for projection in maps)
        diagonal = torch.eye(height, dtype=torch.bool, device=x_BCHW.device)
        down_BWHH = (q_W @ k_W.transpose(2, 3)).masked_fill(diagonal, float("-inf"))
        along_BHWW = q_H @ k_H.transpose(2, 3)
        weights = torch.softmax(torch.cat([down_BWHH.transpose(1, 2), along_BHWW], 3), 3)
        down = weights[..., :height].transpose(1, 2) @ v_W
        along = weights[..., height:] @ v_H
        crossed_BCHW: Tensor = down.permute(0, 3, 2, 1) + along.permute(0, 3, 1, 2)
        return crossed_BCHW

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions and of the attention."""
        channels, hidden = self.value.in_channels, self.query.out_channels
        per_position = channels * (2 * hidden + channels) + (height + width) * (hidden + channels)
        return self.recurrence * height * width * per_position

"""Efficient multi-scale attention, "EMA" (Ouyang et al., ICASSP 2023, https://arxiv.org/abs/2305.13563), section 3.

In each group of channels: row and column means, as in coordinate attention, pass one 1x1 convolution and gate the
group, which a norm per channel turns into x1; a 3x3 convolution of the group is x2. The softmax of each one's means
over positions weights the channels of the other, and the sigmoid of the sum gates each position of the group.
Departure: start="identity" blends the gate in by a learned amount that starts at 0 (`LearnedBlend`).
Raises ValueError unless the groups divide the channels.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.gating import LearnedBlend, Start
from ..layers.memory_format import match_memory_format
from ..options import Choice


class EfficientMultiScale(nn.Module):
    """Scale each position, in each group of channels, by a gate from two branches. x_BCHW -> BCHW."""

    def __init__(
        self, channels: int, *, groups: Annotated[int, Choice(2, 4, 8, 16, 32)] = 8, start: Start = "identity"
    ) -> None:
        super().__init__()
        if channels % groups:
            raise ValueError(f"efficient_multi_scale: {groups} groups do not divide {channels} channels")
        width = channels // groups
        self.groups = groups
        self.strip = nn.Conv1d(width, width, 1)
        self.norm = nn.GroupNorm(width, width)
        self.wide = nn.Conv2d(width, width, 3, padding=1)
        self.onset = LearnedBlend(start)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        batch, channels, height, width = x_BCHW.shape
        x_GDHW = x_BCHW.reshape(batch * self.groups, channels // self.groups, height, width)
        y_GDHW: Tensor = x_GDHW * self.onset(self._gate(x_GDHW))
        return match_memory_format(y_GDHW.reshape(x_BCHW.shape), x_BCHW)

    def _gate(self, x_GDHW: Tensor) -> Tensor:
        """Compute the gate of each position of each group, (B G, 1, H, W)."""
        strips_GDL = torch.sigmoid(self.strip(torch.cat([x_GDHW.mean(3), x_GDHW.mean(2)], 2)))
        rows, columns = torch.split(strips_GDL, list(x_GDHW.shape[2:]), 2)
        first = self.norm(x_GDHW * rows[..., None] * columns[:, :, None])
        second = self.wide(x_GDHW)
        logits = sum(_weighted_maps(a, b) for a, b in ((first, second), (second, first)))
        return torch.sigmoid(torch.as_tensor(logits))

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions and matrix products."""
        positions, channels = height * width, self.strip.in_channels
        convolutions = channels**2 * (9 * positions + height + width)
        return self.groups * (convolutions + 2 * channels * positions)


def _weighted_maps(source_GDHW: Tensor, x_GDHW: Tensor) -> Tensor:
    """Sum the channels of x, weighted by the softmax of the means of the other map, (G, 1, H, W)."""
    weights_G1D = torch.softmax(source_GDHW.mean((2, 3)), 1)[:, None]
    return (weights_G1D @ x_GDHW.flatten(2)).reshape(len(x_GDHW), 1, *x_GDHW.shape[2:])

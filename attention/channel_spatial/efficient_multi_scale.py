"""Efficient multi-scale attention, "EMA" (Ouyang et al., ICASSP 2023, https://arxiv.org/abs/2305.13563), section 3.

In each group of channels: strips as in coordinate attention pass one 1x1 convolution and gate the group, which a
norm per channel turns into x1; a 3x3 convolution of the group is x2. Each one's softmaxed mean over places weighs
the channels of the other, and the sigmoid of the sum gates each place of the group.
Departure: start="identity" lets the gate come in by a learned amount, from 0 (`Onset`).
Raises ValueError where the groups do not divide the channels.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.gating import Onset, Start
from ..layers.memory_format import laid_out_like
from ..options import Choice


class EfficientMultiScale(nn.Module):
    """Weigh each place, in each group of channels, by two views of each other. x_BCHW -> BCHW."""

    def __init__(
        self, channels: int, *, groups: Annotated[int, Choice(2, 4, 8, 16, 32)] = 8, start: Start = "identity"
    ) -> None:
        super().__init__()
        if channels % groups:
            raise ValueError(f"efficient_multi_scale: {groups} groups do not divide {channels} channels")
        each = channels // groups
        self.groups = groups
        self.strip = nn.Conv1d(each, each, 1)
        self.norm = nn.GroupNorm(each, each)
        self.wide = nn.Conv2d(each, each, 3, padding=1)
        self.onset = Onset(start)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        batch, channels, height, width = x_BCHW.shape
        x_GDHW = x_BCHW.reshape(batch * self.groups, channels // self.groups, height, width)
        y_GDHW: Tensor = x_GDHW * self.onset(self._gate(x_GDHW))
        return laid_out_like(y_GDHW.reshape(x_BCHW.shape), x_BCHW)

    def _gate(self, x_GDHW: Tensor) -> Tensor:
        """The factor of each place of each group, (B G, 1, H, W)."""
        strips_GDL = torch.sigmoid(self.strip(torch.cat([x_GDHW.mean(3), x_GDHW.mean(2)], 2)))
        rows, columns = torch.split(strips_GDL, list(x_GDHW.shape[2:]), 2)
        first = self.norm(x_GDHW * rows[..., None] * columns[:, :, None])
        second = self.wide(x_GDHW)
        logits = sum(_weighed(a, b) for a, b in ((first, second), (second, first)))
        return torch.sigmoid(torch.as_tensor(logits))

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample's convolutions and matrix products."""
        places, each = height * width, self.strip.in_channels
        convolutions = each**2 * (9 * places + height + width)
        return self.groups * (convolutions + 2 * each * places)


def _weighed(by: Tensor, of_GDHW: Tensor) -> Tensor:
    """The channels of one, summed by the softmaxed means of the other's, (G, 1, H, W)."""
    weights_G1D = torch.softmax(by.mean((2, 3)), 1)[:, None]
    return (weights_G1D @ of_GDHW.flatten(2)).reshape(len(of_GDHW), 1, *of_GDHW.shape[2:])

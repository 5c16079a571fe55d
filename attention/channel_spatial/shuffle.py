"""Shuffle attention, SA-Net (Zhang and Yang, ICASSP 2021, https://arxiv.org/abs/2102.00240), equations 1 to 5.

Each group of channels is halved: one half is gated by sigmoid(w mean(x) + b), the other by sigmoid(w GN(x) + b),
with weights that all groups share; then channels are shuffled between the halves.
Departures: shuffle is off by default, since a permutation of channels cannot start as the identity;
start="identity" starts b at 0 (the authors: 1) and doubles the gates; groups are fewer than the paper's 64.
Raises ValueError where twice the groups do not divide the channels.
"""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..layers.gating import Start, opened
from ..layers.memory_format import laid_out_like
from ..options import Choice, Flag


class Shuffle(nn.Module):
    """Gate half of each group by channel and half by place, and shuffle the halves. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        groups: Annotated[int, Choice(1, 2, 4, 8, 16, 32, 64)] = 8,
        shuffle: Annotated[bool, Flag()] = False,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        if channels % (2 * groups):
            raise ValueError(f"shuffle: {groups} groups of two halves do not divide {channels} channels")
        self.groups, self.shuffle, self.start = groups, shuffle, start
        each, bias = channels // (2 * groups), float(start == "paper")
        self.channel_weight, self.spatial_weight = (nn.Parameter(torch.zeros(each, 1, 1)) for _ in range(2))
        self.channel_bias, self.spatial_bias = (
            nn.Parameter(torch.full((each, 1, 1), bias)) for _ in range(2)
        )
        self.norm_weight, self.norm_bias = nn.Parameter(torch.ones(each)), nn.Parameter(torch.zeros(each))

    @staticmethod
    def starts_as_identity(*, shuffle: bool, start: str, **_: object) -> bool:
        """A shuffled map is another map."""
        return start == "identity" and not shuffle

    def forward(self, x_BCHW: Tensor) -> Tensor:
        batch, channels, height, width = x_BCHW.shape
        x_BG2DHW = x_BCHW.reshape(batch * self.groups, 2, -1, height, width)
        first, second = x_BG2DHW.unbind(1)  # an index instead would make a map of zeros in its backward
        by_channel = first * self._channel_gate(first)
        by_place = second * self._spatial_gate(second)
        y_BCHW = torch.stack([by_channel, by_place], 1).reshape(x_BCHW.shape)
        if self.shuffle:
            halves = y_BCHW.reshape(batch, 2, channels // 2, height, width)
            y_BCHW = halves.transpose(1, 2).reshape(x_BCHW.shape)
        return laid_out_like(y_BCHW, x_BCHW)

    def _channel_gate(self, x_GDHW: Tensor) -> Tensor:
        mean = x_GDHW.mean((2, 3), keepdim=True)
        return opened(self.channel_weight * mean + self.channel_bias, self.start)

    def _spatial_gate(self, x_GDHW: Tensor) -> Tensor:
        scale, shift = self.spatial_weight.flatten(), self.spatial_bias.flatten()
        weight, bias = scale * self.norm_weight, scale * self.norm_bias + shift
        normed = functional.group_norm(x_GDHW, len(scale), weight.to(x_GDHW.dtype), bias.to(x_GDHW.dtype))
        return opened(normed, self.start)

    def macs(self, height: int, width: int) -> int:
        """No matrix product, no convolution."""
        return 0

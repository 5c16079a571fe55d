"""Shuffle attention, SA-Net (Zhang and Yang, ICASSP 2021, https://arxiv.org/abs/2102.00240), equations 1 to 5.

Each group of channels is split in two: one half is gated by sigmoid(w mean(x) + b), the other by sigmoid(w GN(x) + b),
with weights shared by all groups; then the channels of both halves are interleaved.
Departures: shuffle is off by default, since a permutation of channels cannot start as the identity;
start="identity" starts b at 0 (the authors: 1) and doubles the gates; groups are fewer than the paper's 64.
Raises ValueError unless twice the groups divide the channels.
"""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..layers.gating import Start, gate_factor
from ..layers.memory_format import match_memory_format
from ..options import Choice, Flag


class Shuffle(nn.Module):
    """Gate half of each group per channel and half per position, then shuffle the halves. x_BCHW -> BCHW."""

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
        width, bias = channels // (2 * groups), float(start == "paper")
        self.channel_weight, self.spatial_weight = (nn.Parameter(torch.zeros(width, 1, 1)) for _ in range(2))
        self.channel_bias, self.spatial_bias = (
            nn.Parameter(torch.full((width, 1, 1), bias)) for _ in range(2)
        )
        self.norm_weight, self.norm_bias = nn.Parameter(torch.ones(width)), nn.Parameter(torch.zeros(width))

    @staticmethod
    def starts_as_identity(*, shuffle: bool, start: str, **_: object) -> bool:
        """Tell whether a fresh module is an identity: a permutation of channels is none."""
        return start == "identity" and not shuffle

    def forward(self, x_BCHW: Tensor) -> Tensor:
        batch, channels, height, width = x_BCHW.shape
        x_BG2DHW = x_BCHW.reshape(batch * self.groups, 2, -1, height, width)
        first, second = x_BG2DHW.unbind(1)  # indexing would allocate a map of zeros in the backward
        by_channel = first * self._channel_gate(first)
        by_position = second * self._spatial_gate(second)
        y_BCHW = torch.stack([by_channel, by_position], 1).reshape(x_BCHW.shape)
        if self.shuffle:
            halves = y_BCHW.reshape(batch, 2, channels // 2, height, width)
            y_BCHW = halves.transpose(1, 2).reshape(x_BCHW.shape)
        return match_memory_format(y_BCHW, x_BCHW)

    def _channel_gate(self, x_GDHW: Tensor) -> Tensor:
        mean = x_GDHW.mean((2, 3), keepdim=True)
        return gate_factor(self.channel_weight * mean + self.channel_bias, self.start)

    def _spatial_gate(self, x_GDHW: Tensor) -> Tensor:
        scale, shift = self.spatial_weight.flatten(), self.spatial_bias.flatten()
        weight, bias = scale * self.norm_weight, scale * self.norm_bias + shift
        normed = functional.group_norm(x_GDHW, len(scale), weight.to(x_GDHW.dtype), bias.to(x_GDHW.dtype))
        return gate_factor(normed, self.start)

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0

"""Bilinear attentional transform (Chi et al., CVPR 2020, "Non-local neural networks with grouped bilinear attentional
transforms"), equations 4 to 8.

Two stochastic block x block matrices per group, P and Q, are computed from the map's maxima over rows and columns of
blocks. With y_block = P x Q they mix whole rows and columns of blocks: Y = (P kron I) X (Q kron I). z = x +
conv(conv(Y)).
Departures: a map whose sides are no multiple of the block is padded with zeros and cropped again; no dropout, which
would draw random numbers and make runs of different arms incomparable; start="identity" zeroes the last batch norm and
leaves out the ReLU after it, which would block all gradients.
Checked against timm's and the authors' code (https://github.com/BA-Transform/BAT-Image-Classification), whose biases
before batch norms cancel; the defaults are timm's, the authors' are r = 2, four blocks, four groups.
Raises ValueError unless the groups divide the hidden width.
"""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..layers.gating import Start, zero_init
from ..options import Choice, MinHidden, Reduction, hidden_width


def _conv_block(in_channels: int, out_channels: int) -> list[nn.Module]:
    """Build a 1x1 convolution, batch norm and ReLU."""
    return [nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels), nn.ReLU()]


class Bat(nn.Module):
    """Add a map whose blocks are mixed along rows and columns. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        block: Annotated[int, Choice(3, 5, 7)] = 7,
        groups: Annotated[int, Choice(1, 2, 4)] = 2,
        reduction: Annotated[int, Reduction()] = 4,
        min_hidden: Annotated[int, MinHidden(4, 8, 16)] = 4,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        hidden = hidden_width(channels, reduction, min_hidden)
        if hidden % groups:
            raise ValueError(f"bat: {groups} groups do not divide {hidden} hidden channels")
        self.channels, self.hidden = channels, hidden
        self.block, self.groups = block, groups
        self.reduce = nn.Sequential(*_conv_block(channels, hidden))
        self.summary = nn.Sequential(*_conv_block(hidden, groups))
        self.rows = nn.Linear(groups * block, groups * block**2)
        self.columns = nn.Linear(groups * block, groups * block**2)
        self.mixed = nn.Sequential(*_conv_block(hidden, hidden))
        last = _conv_block(hidden, channels)
        zero_init(last[1], start)
        self.out = nn.Sequential(*(last if start == "paper" else last[:2]))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        height, width = x_BCHW.shape[2:]
        below, right = -height % self.block, -width % self.block
        low_BDHW = functional.pad(self.reduce(x_BCHW), (0, right, 0, below))
        y_BDHW = self._transform_blocks(low_BDHW)[:, :, :height, :width]
        residual_BCHW: Tensor = self.out(self.mixed(y_BDHW))
        return x_BCHW + residual_BCHW

    def _matrices(self, x_BDHW: Tensor) -> tuple[Tensor, Tensor]:
        """Compute P, whose rows sum to one, and Q, whose columns sum to one, (B, G, block, block) each."""
        summary = self.summary(x_BDHW)
        batch, groups = summary.shape[:2]
        row_maxima = summary.amax(3).reshape(batch, groups, self.block, -1).amax(3)
        column_maxima = summary.amax(2).reshape(batch, groups, self.block, -1).amax(3)
        p, q = (
            torch.sigmoid(f(t.flatten(1)))
            for f, t in ((self.rows, row_maxima), (self.columns, column_maxima))
        )
        p, q = (t.reshape(batch, groups, self.block, self.block) for t in (p, q))
        return p / p.sum(3, keepdim=True), q / q.sum(2, keepdim=True)

    def _transform_blocks(self, x_BDHW: Tensor) -> Tensor:
        """Compute (P kron I) x (Q kron I), (B, D, H, W)."""
        batch, hidden, _, width = x_BDHW.shape
        p, q = self._matrices(x_BDHW)
        by_rows = x_BDHW.reshape(batch, self.groups, hidden // self.groups, self.block, -1)
        mixed_BGRW = (p[:, :, None] @ by_rows).reshape(batch, self.groups, -1, width)
        identity = torch.eye(width // self.block, dtype=q.dtype, device=q.device)
        wide_BGWW = (q[:, :, :, None, :, None] * identity[:, None]).reshape(batch, self.groups, width, width)
        return (mixed_BGRW @ wide_BGWW).reshape(x_BDHW.shape)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions and matrix products, including the padding."""
        high, wide = height + -height % self.block, width + -width % self.block
        outer = 2 * self.channels * self.hidden + self.hidden**2
        inner = self.hidden * (self.groups + self.block + wide)
        linear = self.rows.weight.numel() + self.columns.weight.numel()
        return height * width * outer + high * wide * inner + linear

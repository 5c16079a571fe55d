"""Bilinear attentional transform (Chi et al., CVPR 2020, "Non-local neural networks with grouped bilinear attentional
transforms"), equations 4 to 8.

From each map's maxima over rows and columns of blocks come two stochastic block x block matrices P and Q a group; with
y_block = P x Q they mix whole rows and columns of blocks: Y = (P kron I) X (Q kron I). z = x + conv(conv(Y)).
Departures: a map whose sides no block divides is padded with zeros and cut again; no dropout, which would unpair runs;
start="identity" zeroes the last batch norm and leaves out the ReLU after it, behind which nothing would learn.
Checked against timm's and the authors' code (https://github.com/BA-Transform/BAT-Image-Classification), whose biases
before batch norms cancel; the defaults are timm's, the authors' are r = 2, four blocks, four groups.
Raises ValueError where the groups do not divide the hidden width.
"""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..layers.gating import Start, silence
from ..options import Choice, MinHidden, Reduction, hidden_width


def _block(given: int, wanted: int) -> list[nn.Module]:
    return [nn.Conv2d(given, wanted, 1, bias=False), nn.BatchNorm2d(wanted), nn.ReLU()]


class Bat(nn.Module):
    """Add a map whose blocks were mixed along rows and columns. x_BCHW -> BCHW."""

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
        self.reduce = nn.Sequential(*_block(channels, hidden))
        self.summary = nn.Sequential(*_block(hidden, groups))
        self.rows = nn.Linear(groups * block, groups * block**2)
        self.columns = nn.Linear(groups * block, groups * block**2)
        self.mixed = nn.Sequential(*_block(hidden, hidden))
        last = _block(hidden, channels)
        silence(last[1], start)
        self.out = nn.Sequential(*(last if start == "paper" else last[:2]))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        height, width = x_BCHW.shape[2:]
        below, right = -height % self.block, -width % self.block
        low_BDHW = functional.pad(self.reduce(x_BCHW), (0, right, 0, below))
        y_BDHW = self._transformed(low_BDHW)[:, :, :height, :width]
        added_BCHW: Tensor = self.out(self.mixed(y_BDHW))
        return x_BCHW + added_BCHW

    def _matrices(self, x_BDHW: Tensor) -> tuple[Tensor, Tensor]:
        """P, whose rows sum to one, and Q, whose columns do, (B, G, block, block) each."""
        summary = self.summary(x_BDHW)
        batch, groups = summary.shape[:2]
        tops = summary.amax(3).reshape(batch, groups, self.block, -1).amax(3)
        sides = summary.amax(2).reshape(batch, groups, self.block, -1).amax(3)
        p, q = (torch.sigmoid(f(t.flatten(1))) for f, t in ((self.rows, tops), (self.columns, sides)))
        p, q = (t.reshape(batch, groups, self.block, self.block) for t in (p, q))
        return p / p.sum(3, keepdim=True), q / q.sum(2, keepdim=True)

    def _transformed(self, x_BDHW: Tensor) -> Tensor:
        batch, hidden, _, width = x_BDHW.shape
        p, q = self._matrices(x_BDHW)
        by_rows = x_BDHW.reshape(batch, self.groups, hidden // self.groups, self.block, -1)
        mixed_BGRW = (p[:, :, None] @ by_rows).reshape(batch, self.groups, -1, width)
        each = torch.eye(width // self.block, dtype=q.dtype, device=q.device)
        wide_BGWW = (q[:, :, :, None, :, None] * each[:, None]).reshape(batch, self.groups, width, width)
        return (mixed_BGRW @ wide_BGWW).reshape(x_BDHW.shape)

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample's convolutions and matrix products, the padding included."""
        high, wide = height + -height % self.block, width + -width % self.block
        outer = 2 * self.channels * self.hidden + self.hidden**2
        inner = self.hidden * (self.groups + self.block + wide)
        linear = self.rows.weight.numel() + self.columns.weight.numel()
        return height * width * outer + high * wide * inner + linear

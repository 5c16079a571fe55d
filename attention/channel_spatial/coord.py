"""Coordinate attention (Hou et al., CVPR 2021, https://arxiv.org/abs/2103.02907), equations 4 to 9.

The map is averaged along each axis; both strips pass one 1x1 convolution, norm and hard swish; then each has a 1x1
convolution and sigmoid; y = x * gate_h * gate_w. As in the paper the hidden width is max(C // r, 8).
Departures: the convolution before the batch norm has no bias, which the norm would cancel; start="identity" zeroes
both last layers and doubles both gates.
"""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..layers.axial_gate import AxialGate
from ..layers.gating import Start, gate_factor, zero_init
from ..options import Choice, MinHidden, Reduction, hidden_width


class Coord(AxialGate):
    """Scale rows and columns by gates computed from both strips. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        reduction: Annotated[int, Reduction()] = 32,
        min_hidden: Annotated[int, MinHidden()] = 8,
        norm: Annotated[str, Choice("batch", "none")] = "batch",
        start: Start = "identity",
    ) -> None:
        super().__init__()
        hidden = hidden_width(channels, reduction, min_hidden)
        self.start = start
        self.reduce = nn.Conv1d(channels, hidden, 1, bias=norm == "none")
        self.norm = nn.BatchNorm1d(hidden) if norm == "batch" else nn.Identity()
        self.rows = nn.Conv1d(hidden, channels, 1)
        self.columns = nn.Conv1d(hidden, channels, 1)
        zero_init(self.rows, start)
        zero_init(self.columns, start)

    def gates(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the gates of rows, (B, C, H, 1), and of columns, (B, C, 1, W)."""
        strips_BCL = torch.cat([x_BCHW.mean(3), x_BCHW.mean(2)], 2)
        hidden_BDL = functional.hardswish(self.norm(self.reduce(strips_BCL)))
        rows_BDH, columns_BDW = torch.split(hidden_BDL, list(x_BCHW.shape[2:]), 2)
        gate_h, gate_w = (
            gate_factor(self.rows(rows_BDH), self.start),
            gate_factor(self.columns(columns_BDW), self.start),
        )
        return gate_h[..., None], gate_w[:, :, None]

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions."""
        return 2 * self.reduce.weight.numel() * (height + width)

"""Frequency channel attention (Qin et al., ICCV 2021, https://arxiv.org/abs/2012.11879), equations 6 to 11.

Channels are split into n groups. Group i is described by the product of its map, averaged to a 7 x 7 grid, with the
2-D cosine basis function (u_i, v_i); the bottleneck of squeeze-and-excitation follows, without biases. choose="top"
takes the paper's n best frequencies, "low" the n lowest; n = 1 is SE on 7 times the mean, since (0, 0) is constant.
Departures: hidden width max(C // r, min_hidden); start="identity" zeroes the last layer and doubles the gate; the grid
is 7 x 7 at every width, where the authors' ImageNet models take a multiple of it in the earlier stages and multiply
the frequencies by as much. Frequencies and basis are those of the authors' code (https://github.com/cfzd/FcaNet,
model/layer.py).
Raises ValueError unless n divides the channels.
"""

import math
from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.bottleneck import Bottleneck
from ..layers.gating import Start, gate_factor
from ..layers.resampling import region_matrix
from ..options import Choice, MinHidden, Reduction, hidden_width

GRID = 7
FREQUENCIES = {
    "top": (
        (0, 0, 6, 0, 0, 1, 1, 4, 5, 1, 3, 0, 0, 0, 3, 2, 4, 6, 3, 5, 5, 2, 6, 5, 5, 3, 3, 4, 2, 2, 6, 1),
        (0, 1, 0, 5, 2, 0, 2, 0, 0, 6, 0, 4, 6, 3, 5, 2, 6, 3, 3, 3, 5, 1, 1, 2, 4, 2, 1, 1, 3, 0, 5, 3),
    ),
    "low": (
        (0, 0, 1, 1, 0, 2, 2, 1, 2, 0, 3, 4, 0, 1, 3, 0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 6, 1, 2, 3, 4),
        (0, 1, 0, 1, 2, 0, 1, 2, 2, 3, 0, 0, 4, 3, 1, 5, 4, 3, 2, 1, 0, 6, 5, 4, 3, 2, 1, 0, 6, 5, 4, 3),
    ),
}


def cosine_basis(frequency: int) -> list[float]:
    """Evaluate the orthonormal cosine basis function of this frequency at the positions of the grid."""
    scale = (1 if frequency == 0 else 2) ** 0.5 / GRID**0.5
    return [scale * math.cos(math.pi * frequency * (position + 0.5) / GRID) for position in range(GRID)]


class Fca(nn.Module):
    """Scale each channel by a perceptron of all channels' cosine coefficients. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        frequencies: Annotated[int, Choice(1, 2, 4, 8, 16, 32)] = 16,
        choose: Annotated[str, Choice("top", "low")] = "top",
        reduction: Annotated[int, Reduction()] = 16,
        min_hidden: Annotated[int, MinHidden()] = 4,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        if channels % frequencies:
            raise ValueError(f"fca: {frequencies} frequencies do not divide {channels} channels")
        self.start, self.groups = start, frequencies
        rows, columns = (
            torch.tensor([cosine_basis(f) for f in axis[:frequencies]]) for axis in FREQUENCIES[choose]
        )
        self.register_buffer("rows", rows, persistent=False)
        self.register_buffer("columns", columns, persistent=False)
        hidden = hidden_width(channels, reduction, min_hidden)
        self.mlp = Bottleneck(channels, hidden, bias=False, start=start)

    @staticmethod
    def inactive(*, frequencies: int, **_: object) -> set[str]:
        """Name `choose` where it has no effect: the first two frequencies are the same in both orders."""
        return {"choose"} if frequencies <= 2 else set()

    def describe(self, x_BCHW: Tensor) -> Tensor:
        """Compute each channel's coefficient of the frequency of its group, (B, C)."""
        batch, channels, height, width = x_BCHW.shape
        rows_GH = self.get_buffer("rows").to(x_BCHW) @ region_matrix(height, GRID, x_BCHW)
        columns_GW = self.get_buffer("columns").to(x_BCHW) @ region_matrix(width, GRID, x_BCHW)
        basis_GN1 = (rows_GH[:, :, None] * columns_GW[:, None]).flatten(1)[..., None]
        maps_BGDN = x_BCHW.reshape(batch, self.groups, channels // self.groups, height * width)
        return (maps_BGDN @ basis_GN1).reshape(batch, channels)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each channel, (B, C, 1, 1)."""
        return gate_factor(self.mlp(self.describe(x_BCHW)), self.start)[..., None, None]

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's matrix products, including the basis functions."""
        basis = self.groups * GRID * (height + width)
        return self.mlp.macs() + self.mlp.reduce.in_features * height * width + basis

"""Efficient local attention (Xu and Wan, 2024, https://arxiv.org/abs/2403.01123), equations 6 to 9.

The map is averaged along each axis; each strip passes a depthwise 1-D convolution, a group norm and a sigmoid;
y = x * gate_h * gate_w. shared=True gives both axes one convolution and norm, as the paper's figure does.
Departures: the number of groups is gcd(groups, channels); start="identity" zeroes the norms' weights
and doubles both gates.
"""

import math
from typing import Annotated, ClassVar

from torch import Tensor, nn

from ..layers.axial_gate import AxialGate
from ..layers.gating import Start, gate_factor, zero_init
from ..options import Choice, Flag


class Ela(AxialGate):
    """Scale rows and columns by a local convolution of each strip. x_BCHW -> BCHW."""

    derived: ClassVar = ("groups",)

    def __init__(
        self,
        channels: int,
        *,
        kernel_size: Annotated[int, Choice(3, 5, 7, 9)] = 7,
        groups: Annotated[int, Choice(1, 4, 8, 16, 32)] = 16,
        shared: Annotated[bool, Flag()] = True,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        self.start = start

        def build_axis() -> nn.Sequential:
            conv = nn.Conv1d(
                channels, channels, kernel_size, padding=kernel_size // 2, groups=channels, bias=False
            )
            norm = nn.GroupNorm(math.gcd(groups, channels), channels)
            zero_init(norm, start)
            return nn.Sequential(conv, norm)

        self.rows = build_axis()
        self.columns = self.rows if shared else build_axis()

    @staticmethod
    def effective(channels: int, *, groups: int, **_: object) -> dict[str, int]:
        """Return the number of groups in use."""
        return {"groups": math.gcd(groups, channels)}

    def gates(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """Compute the gates of rows, (B, C, H, 1), and of columns, (B, C, 1, W)."""
        rows, columns = self.rows(x_BCHW.mean(3)), self.columns(x_BCHW.mean(2))
        return gate_factor(rows, self.start)[..., None], gate_factor(columns, self.start)[:, :, None]

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions."""
        return sum(p.numel() for p in self.rows.parameters() if p.dim() == 3) * (height + width)

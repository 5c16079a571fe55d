"""Efficient local attention (Xu and Wan, 2024, https://arxiv.org/abs/2403.01123), equations 6 to 9.

The map is averaged along each axis; each strip passes a depthwise 1-D convolution, a group norm and a sigmoid;
y = x * gate_h * gate_w. shared=True gives both axes one convolution and norm, as the paper's figure does.
Departures: groups are at most as many as divide the channels (gcd); start="identity" zeroes the norms' weights
and doubles both gates.
"""

import math
from typing import Annotated, ClassVar

from torch import Tensor, nn

from ..layers.gating import Start, opened, silence
from ..options import Choice, Flag


class Ela(nn.Module):
    """Weigh rows and columns by a local convolution of each strip. x_BCHW -> BCHW."""

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

        def axis() -> nn.Sequential:
            conv = nn.Conv1d(
                channels, channels, kernel_size, padding=kernel_size // 2, groups=channels, bias=False
            )
            norm = nn.GroupNorm(math.gcd(groups, channels), channels)
            silence(norm, start)
            return nn.Sequential(conv, norm)

        self.rows = axis()
        self.columns = self.rows if shared else axis()

    @staticmethod
    def effective(channels: int, *, groups: int, **_: object) -> dict[str, int]:
        """The groups in use."""
        return {"groups": math.gcd(groups, channels)}

    def gates(self, x_BCHW: Tensor) -> tuple[Tensor, Tensor]:
        """The factors of rows (B, C, H, 1) and of columns (B, C, 1, W)."""
        rows, columns = self.rows(x_BCHW.mean(3)), self.columns(x_BCHW.mean(2))
        return opened(rows, self.start)[..., None], opened(columns, self.start)[:, :, None]

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The factor of each element, (B, C, H, W)."""
        rows, columns = self.gates(x_BCHW)
        return rows * columns

    def forward(self, x_BCHW: Tensor) -> Tensor:
        rows, columns = self.gates(x_BCHW)
        return x_BCHW * rows * columns

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample's convolutions."""
        return sum(p.numel() for p in self.rows.parameters() if p.dim() == 3) * (height + width)

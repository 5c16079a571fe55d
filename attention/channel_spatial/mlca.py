"""Mixed local channel attention (Wan et al., EAAI 2023, https://doi.org/10.1016/j.engappai.2023.106442), figure 3.

The map is averaged to a g x g grid. Each cell, and the mean of the grid, passes a 1-D convolution along the channels
(as in ECA) and a sigmoid; the cells' gates and the global gate are mixed with the share `local`, and averaged back to
the map's size.
Departures: the convolution runs within each cell (the authors' continues from one cell into the next); the adaptive
kernel is ECA's; start="identity" zeroes both kernels and doubles the gates. Checked against the authors' code
(https://github.com/wandahangFY/MLCA, MLCA.py).
"""

from typing import Annotated, ClassVar

from torch import Tensor, nn

from ..layers.gating import Start, gate_factor, zero_init
from ..layers.pooling import adaptive_kernel_size
from ..layers.resampling import region_means
from ..options import Choice


class Mlca(nn.Module):
    """Scale channels by their neighboring channels, for each grid cell and globally. x_BCHW -> BCHW."""

    derived: ClassVar = ("kernel_size",)

    def __init__(
        self,
        channels: int,
        *,
        grid: Annotated[int, Choice(3, 5, 7)] = 5,
        local: Annotated[float, Choice(0.25, 0.5, 0.75)] = 0.5,
        kernel_size: Annotated[int | None, Choice(None, 3, 5, 7, 9)] = None,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        size = kernel_size or adaptive_kernel_size(channels, 2, 1)
        self.channels, self.grid, self.local, self.start = channels, grid, local, start
        self.mix_local = nn.Conv1d(1, 1, size, padding=size // 2, bias=False)
        self.mix_global = nn.Conv1d(1, 1, size, padding=size // 2, bias=False)
        zero_init(self.mix_local, start)
        zero_init(self.mix_global, start)

    @staticmethod
    def effective(channels: int, *, kernel_size: int | None, **_: object) -> dict[str, int]:
        """Return the kernel size in use."""
        return {"kernel_size": kernel_size or adaptive_kernel_size(channels, 2, 1)}

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each element, (B, C, H, W)."""
        batch, channels, height, width = x_BCHW.shape
        cells_BCG = region_means(x_BCHW, self.grid, self.grid).flatten(2)
        strips = cells_BCG.transpose(1, 2).reshape(-1, 1, channels)
        local = gate_factor(self.mix_local(strips), self.start).reshape(batch, -1, channels).transpose(1, 2)
        overall = gate_factor(self.mix_global(cells_BCG.mean(2)[:, None]), self.start).transpose(1, 2)
        excess_BCG = self.local * (local - 1) + (1 - self.local) * (overall - 1)
        return 1 + region_means(excess_BCG.reshape(batch, channels, self.grid, self.grid), height, width)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions and of both pooling steps."""
        grid, taps = self.grid, self.mix_local.kernel_size[0]
        down, up = grid * height * (width + grid), width * grid * (grid + height)
        return self.channels * (taps * (grid**2 + 1) + down + up)

"""Attention gate of a skip connection (Oktay et al., MIDL 2018, Attention U-Net, https://arxiv.org/abs/1804.03999),
equations 1 to 3.

gate = sigmoid(psi relu(W_x x + W_g g + b)), with g the coarser decoder map; y = x * gate. W_x, W_g and psi are 1x1
convolutions. Departures: g is resized bilinearly to x's size before the sum (the paper resizes x to g's, and the
gate back); no output transform; start="identity" zeroes psi and doubles the gate.
"""

from typing import Annotated

from torch import Tensor, nn
from torch.nn import functional

from ..layers.gating import Start, gate_factor, zero_init
from ..layers.resampling import resize
from ..options import MinHidden, Reduction, hidden_width


class AttentionGate(nn.Module):
    """Scale each position of a skip by a gate of skip and coarser decoder map. x_BCHW, context_BDKL -> BCHW."""

    def __init__(
        self,
        channels: int,
        context_channels: int | None = None,
        *,
        reduction: Annotated[int, Reduction()] = 2,
        min_hidden: Annotated[int, MinHidden()] = 4,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        hidden, self.start = hidden_width(channels, reduction, min_hidden), start
        self.of_skip = nn.Conv2d(channels, hidden, 1, bias=False)
        self.of_context = nn.Conv2d(context_channels or channels, hidden, 1)
        self.psi = nn.Conv2d(hidden, 1, 1)
        zero_init(self.psi, start)

    def gate(self, x_BCHW: Tensor, context_BDKL: Tensor) -> Tensor:
        """Compute the gate of each position, (B, 1, H, W)."""
        height, width = x_BCHW.shape[2:]
        context_BDHW = resize(self.of_context(context_BDKL), height, width)
        return gate_factor(self.psi(functional.relu(self.of_skip(x_BCHW) + context_BDHW)), self.start)

    def forward(self, x_BCHW: Tensor, context_BDKL: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW, context_BDKL)

    def macs(self, height: int, width: int, context: tuple[int, int] | None = None) -> int:
        """Count the multiply-accumulates of one sample; the default context has half the size."""
        rows, columns = context or (max(height // 2, 1), max(width // 2, 1))
        hidden, positions = self.psi.in_channels, height * width
        resizing = hidden * (rows * columns * width + rows * width * height)
        linear = positions * self.of_skip.weight.numel() + rows * columns * self.of_context.weight.numel()
        return linear + resizing + positions * hidden

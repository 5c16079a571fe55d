"""Attention gate of a decoder's skip (Oktay et al., MIDL 2018, Attention U-Net, https://arxiv.org/abs/1804.03999),
equations 1 to 3.

gate = sigmoid(psi relu(W_x x + W_g g + b)), g being the coarser map from below; y = x * gate. W_x, W_g and psi are 1x1
convolutions. Departures: g is brought to x's grid, bilinearly, before the sum (the paper brings x to g's, and the gate
back); no output transform; start="identity" zeroes psi and doubles the gate.
"""

from typing import Annotated

from torch import Tensor, nn
from torch.nn import functional

from ..layers.gating import Start, opened, silence
from ..layers.resampling import resized
from ..options import MinHidden, Reduction, hidden_width


class AttentionGate(nn.Module):
    """Weigh each place of a skip by what the decoder sees below it. x_BCHW, context_BDKL -> BCHW."""

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
        silence(self.psi, start)

    def gate(self, x_BCHW: Tensor, context_BDKL: Tensor) -> Tensor:
        """The factor of each place, (B, 1, H, W)."""
        height, width = x_BCHW.shape[2:]
        below = resized(self.of_context(context_BDKL), height, width)
        return opened(self.psi(functional.relu(self.of_skip(x_BCHW) + below)), self.start)

    def forward(self, x_BCHW: Tensor, context_BDKL: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW, context_BDKL)

    def macs(self, height: int, width: int, context: tuple[int, int] | None = None) -> int:
        """Multiply-accumulates of one sample; a context of half the size by default."""
        rows, columns = context or (max(height // 2, 1), max(width // 2, 1))
        hidden, places = self.psi.in_channels, height * width
        resizing = hidden * (rows * columns * width + rows * width * height)
        linear = places * self.of_skip.weight.numel() + rows * columns * self.of_context.weight.numel()
        return linear + resizing + places * hidden

"""A control: one learned factor for each channel that never sees the input.

y = x * 2 sigmoid(w), w from 0. What a module gains over this arm is owed to looking at the input; what this
arm gains over none is owed to a few more parameters. Control for any channel gate; no paper.
"""

import torch
from torch import Tensor, nn

from ..layers.gating import Start, opened


class ConstantGate(nn.Module):
    """Weigh each channel by a learned constant. x_BCHW -> BCHW."""

    def __init__(self, channels: int, *, start: Start = "identity") -> None:
        super().__init__()
        self.start = start
        self.logits = nn.Parameter(torch.zeros(channels, 1, 1))

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The factor of each channel, (C, 1, 1), whatever x is."""
        return opened(self.logits, self.start)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """No matrix product, no convolution."""
        return 0

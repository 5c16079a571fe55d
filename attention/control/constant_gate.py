"""Control: one learned gate for each channel that does not depend on the input.

y = x * 2 sigmoid(w), w from 0. What a module gains over this arm is due to its dependence on the input; what this arm
gains over no module is due to the additional parameters. A control for any channel gate; no paper.
"""

import torch
from torch import Tensor, nn

from ..layers.gating import Start, gate_factor


class ConstantGate(nn.Module):
    """Scale each channel by a learned constant. x_BCHW -> BCHW."""

    def __init__(self, channels: int, *, start: Start = "identity") -> None:
        super().__init__()
        self.start = start
        self.logits = nn.Parameter(torch.zeros(channels, 1, 1))

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Return the gate of each channel, (C, 1, 1), independent of x."""
        return gate_factor(self.logits, self.start)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0

"""Normalization-based attention (Liu et al., 2021, https://arxiv.org/abs/2111.12419), equations 1 and 2: channels.

gate = sigmoid(w_c BN(x)_c) with w_c = |gamma_c| / sum |gamma|, gamma being the batch norm's own weights.
Departures: gradients flow through w (the authors' code detaches it); start="identity" blends the gate in by a
learned amount that starts at 0 (`LearnedBlend`); the paper's spatial gate is left out: it has one weight per position,
which fixes the map's size.
"""

from torch import Tensor, nn

from ..layers.gating import LearnedBlend, Start


class Nam(nn.Module):
    """Scale each element by its normalized value and its channel's share of the norm weights. x_BCHW -> BCHW."""

    def __init__(self, channels: int, *, start: Start = "identity") -> None:
        super().__init__()
        self.norm = nn.BatchNorm2d(channels)
        self.onset = LearnedBlend(start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each element, (B, C, H, W)."""
        weights = self.norm.weight.abs()
        share_C11 = (weights / weights.sum())[:, None, None]
        gate: Tensor = self.onset((share_C11 * self.norm(x_BCHW)).sigmoid())
        return gate

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0

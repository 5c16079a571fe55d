"""Gated channel transformation (Yang et al., CVPR 2020, https://arxiv.org/abs/1909.11519), equations 1 to 4.

s_c = alpha_c ||x_c||, normalized over the channels to sqrt(C) s / ||s||; gate = 1 + tanh(gamma_c s_c + beta_c).
gamma and beta start at zero, so the paper's own start is the identity. norm="l1" takes absolute sums.
Departure: none; sums of squares are taken in at least float32, since they overflow half precision.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..options import Choice

EPSILON = 1e-5


class Gct(nn.Module):
    """Scale each channel by its norm relative to the other channels' norms. x_BCHW -> BCHW."""

    def __init__(self, channels: int, *, norm: Annotated[str, Choice("l2", "l1")] = "l2") -> None:
        super().__init__()
        self.norm = norm
        self.alpha = nn.Parameter(torch.ones(channels, 1, 1))
        self.gamma = nn.Parameter(torch.zeros(channels, 1, 1))
        self.beta = nn.Parameter(torch.zeros(channels, 1, 1))

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each channel, (B, C, 1, 1)."""
        wide = torch.promote_types(x_BCHW.dtype, torch.float32)
        if self.norm == "l2":
            length = torch.linalg.vector_norm(x_BCHW, dim=(2, 3), keepdim=True, dtype=wide)
            embedded = (length.square() + EPSILON).sqrt() * self.alpha
            spread = (embedded.square().mean(1, keepdim=True) + EPSILON).sqrt()
        else:
            embedded = x_BCHW.abs().sum((2, 3), keepdim=True, dtype=wide) * self.alpha
            spread = embedded.abs().mean(1, keepdim=True) + EPSILON
        return (1 + torch.tanh(self.gamma * embedded / spread + self.beta)).to(x_BCHW.dtype)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0

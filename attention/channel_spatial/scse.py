"""Concurrent spatial and channel squeeze-and-excitation (Roy et al., MICCAI 2018 and TMI 2019,
https://arxiv.org/abs/1803.02579, https://arxiv.org/abs/1808.08127).

c = sigmoid(W1 relu(W2 mean(x))), s = sigmoid(conv_k(x)) to one channel (k = 1 in the paper).
fusion="add": x (c + s), the identity while both last layers are zero; "max": x max(c, s); "mul": x c s; "gate":
x (a c + (1 - a) s) with a learned weight a = sigmoid(w) for each channel, which starts at one half.
`scse_outputs` fuses the gated maps instead of the gates: max(xc, xs) differs from x max(c, s) where x < 0, and the
product of the maps is x^2 c s, which loses the sign.
Departures: a bias in the spatial convolution; hidden width max(C // r, min_hidden); start="identity" zeroes the last
layers and scales max by 2, mul by 4 and gate by 2, so that they too start as identities.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..autograd.cache_blocks import is_tracing
from ..autograd.gate_fusion import add_gates, max_gates
from ..layers.gating import Start
from ..layers.scse_gates import build_scse_gates, compute_scse_gates
from ..options import Choice, MinHidden, Odd, Reduction

SCALE = {"add": 1.0, "max": 2.0, "mul": 4.0, "gate": 2.0}
"""What makes each fusion of two gates of one half an identity."""

FUSIONS = {"add": add_gates, "max": max_gates}
"""The fusions with a backward pass that saves no map but the input."""


class Scse(nn.Module):
    """Scale channels and positions in parallel and fuse the two gates. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        reduction: Annotated[int, Reduction()] = 2,
        min_hidden: Annotated[int, MinHidden()] = 4,
        kernel_size: Annotated[int, Odd(1, 7)] = 1,
        fusion: Annotated[str, Choice("add", "max", "mul", "gate")] = "add",
        start: Start = "identity",
    ) -> None:
        super().__init__()
        self.fusion = fusion
        self.scale = SCALE[fusion] if start == "identity" else 1.0
        self.mlp, self.conv = build_scse_gates(
            channels, reduction=reduction, min_hidden=min_hidden, kernel_size=kernel_size, start=start
        )
        self.balance = nn.Parameter(torch.zeros(channels, 1, 1)) if fusion == "gate" else None

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each element, (B, C, H, W)."""
        c_BC11 = torch.sigmoid(self.mlp(x_BCHW.mean((2, 3))))[..., None, None]
        s_B1HW = torch.sigmoid(self.conv(x_BCHW))
        return self._fuse(c_BC11 * self.scale, s_B1HW)

    def _fuse(self, c_BC11: Tensor, s_B1HW: Tensor) -> Tensor:
        """Fuse the gates, (B, C, H, W); c is scaled already, at (B, C), where that costs nothing."""
        if self.fusion == "mul":
            return c_BC11 * s_B1HW
        s_B1HW = s_B1HW * self.scale
        if self.balance is not None:
            share_C11 = torch.sigmoid(self.balance)
            return share_C11 * c_BC11 + (1 - share_C11) * s_B1HW
        return c_BC11 + s_B1HW if self.fusion == "add" else torch.maximum(c_BC11, s_B1HW)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        fuse = FUSIONS.get(self.fusion)
        if fuse is None or is_tracing():
            return x_BCHW * self.gate(x_BCHW)
        return fuse(*compute_scse_gates(self.mlp, self.conv, x_BCHW, self.scale))

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's matrix products and convolution."""
        return self.mlp.macs() + self.conv.weight.numel() * height * width

"""Concurrent spatial and channel squeeze-and-excitation (Roy et al., MICCAI 2018 and TMI 2019,
https://arxiv.org/abs/1803.02579, https://arxiv.org/abs/1808.08127).

c = sigmoid(W1 relu(W2 mean(x))), s = sigmoid(conv_k(x)) to one channel (k = 1 in the paper).
fusion: add x(c + s), which starts as the identity when both last layers are zero; max x max(c, s);
mul x c s; gate x (a c + (1 - a) s) with a learned weight a = sigmoid(w) for each channel, from one half.
The outputs are fused by `scse_outputs`, concatenation among them: max(xc, xs) differs from x max(c, s) where x < 0, and
the product of outputs is x^2 c s, which loses the sign.
Departures: a bias in the spatial convolution; hidden width max(C // r, min_hidden); start="identity" zeroes the last
layers and scales max by 2, mul by 4 and gate by 2, so that they too start as identities.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..autograd.cache_blocks import traced
from ..autograd.gate_fusion import add_gates, look, max_gates
from ..layers.bottleneck import Bottleneck
from ..layers.gating import Start, silence
from ..options import Choice, MinHidden, Odd, Reduction, hidden_width

SCALE = {"add": 1.0, "max": 2.0, "mul": 4.0, "gate": 2.0}

FUSED = {"add": add_gates, "max": max_gates}


class Scse(nn.Module):
    """Weigh channels and places at once and fuse the two gates. x_BCHW -> BCHW."""

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
        self.mlp = Bottleneck(channels, hidden_width(channels, reduction, min_hidden), start=start)
        self.conv = nn.Conv2d(channels, 1, kernel_size, padding=kernel_size // 2)
        silence(self.conv, start)
        self.balance = nn.Parameter(torch.zeros(channels, 1, 1)) if fusion == "gate" else None

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The factor of each element, (B, C, H, W)."""
        c_BC11 = torch.sigmoid(self.mlp(x_BCHW.mean((2, 3))))[..., None, None]
        s_B1HW = torch.sigmoid(self.conv(x_BCHW))
        return self._fused(c_BC11 * self.scale, s_B1HW)

    def _fused(self, c_BC11: Tensor, s_B1HW: Tensor) -> Tensor:
        """The fused gate; c comes scaled, so that the scaling costs nothing at the map's size."""
        if self.fusion == "mul":
            return c_BC11 * s_B1HW
        s_B1HW = s_B1HW * self.scale
        if self.balance is not None:
            share_C11 = torch.sigmoid(self.balance)
            return share_C11 * c_BC11 + (1 - share_C11) * s_B1HW
        return c_BC11 + s_B1HW if self.fusion == "add" else torch.maximum(c_BC11, s_B1HW)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        fused = FUSED.get(self.fusion)
        if fused is None or traced():
            return x_BCHW * self.gate(x_BCHW)
        assert self.conv.bias is not None
        same_BCHW, mean_BC, logits_B1HW = look(x_BCHW, self.conv.weight)
        c_BC = torch.sigmoid(self.mlp(mean_BC)) * self.scale
        s_B1HW = torch.sigmoid(logits_B1HW + self.conv.bias) * self.scale
        return fused(same_BCHW, c_BC[..., None, None].to(x_BCHW.dtype), s_B1HW.to(x_BCHW.dtype))

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample's matrix products and convolution."""
        return self.mlp.macs() + self.conv.weight.numel() * height * width

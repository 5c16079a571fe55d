"""Global context block (Cao et al., ICCVW 2019, https://arxiv.org/abs/1904.11492), equation 5.

context = sum_i softmax_i(w . x_i) x_i over all positions (pool="attention") or their mean; transform
W2 relu(LN(W1 context)); fusion: add x + t (the paper's), scale x * sigmoid(t), both x * sigmoid(t1) + t2.
Departures: w has no bias, which the softmax would cancel; hidden width max(C // r, min_hidden);
start="identity" zeroes each W2 and doubles the gate.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.convolution import linear_weights
from ..layers.gating import Start, gate_factor, zero_init
from ..options import Choice, MinHidden, Reduction, hidden_width


class GlobalContext(nn.Module):
    """Add one context vector of the whole map to every position, or scale the map by it. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        reduction: Annotated[int, Reduction()] = 16,
        min_hidden: Annotated[int, MinHidden(4, 8, 16)] = 4,
        pool: Annotated[str, Choice("attention", "mean")] = "attention",
        fusion: Annotated[str, Choice("add", "scale", "both")] = "add",
        start: Start = "identity",
    ) -> None:
        super().__init__()
        hidden = hidden_width(channels, reduction, min_hidden)
        self.start = start
        self.look = nn.Conv2d(channels, 1, 1, bias=False) if pool == "attention" else None
        self.scale = _transform(channels, hidden, start) if fusion in ("scale", "both") else None
        self.shift = _transform(channels, hidden, start) if fusion in ("add", "both") else None

    def context(self, x_BCHW: Tensor) -> Tensor:
        """Pool the map to one vector, (B, C)."""
        if self.look is None:
            return x_BCHW.mean((2, 3))
        weights_BN1 = torch.softmax(self.look(x_BCHW).flatten(1), 1)[..., None]
        return (x_BCHW.flatten(2) @ weights_BN1).squeeze(2)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        context_BC = self.context(x_BCHW)
        if self.scale is not None:
            x_BCHW = x_BCHW * gate_factor(self.scale(context_BC), self.start)[..., None, None]
        if self.shift is not None:
            x_BCHW = x_BCHW + self.shift(context_BC)[..., None, None]
        return x_BCHW

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's matrix products."""
        transforms = [part for part in (self.scale, self.shift) if part is not None]
        linear = sum(linear_weights(part) for part in transforms)
        channels = self.look.in_channels if self.look is not None else 0
        return linear + 2 * channels * height * width


def _transform(channels: int, hidden: int, start: str) -> nn.Sequential:
    """Build the bottleneck with layer norm, (B, C) -> (B, C)."""
    layers = nn.Sequential(
        nn.Linear(channels, hidden), nn.LayerNorm(hidden), nn.ReLU(), nn.Linear(hidden, channels)
    )
    zero_init(layers[-1], start)
    return layers

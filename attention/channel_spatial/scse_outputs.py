"""scSE that fuses the gated maps, not the gates (Roy et al., TMI 2019, https://arxiv.org/abs/1808.08127, section III).

With c and s as in `scse`: fusion="max" max(x c, x s), which takes the smaller gate where x < 0; "mul" x c * x s = x^2
c s, which loses the sign of x; "concat" W [x c; x s], a 1x1 convolution back to C channels. The sum of the maps equals
`scse` with fusion="add".
Departures: hidden width max(C // r, min_hidden); start="identity" zeroes the gates' last layers, doubles both gates
for max, and for concat adds x to W's output, with W from zero. mul has no identity start: it squares x.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..autograd.cache_blocks import is_tracing
from ..autograd.convolution import to_one_channel
from ..autograd.gate_fusion import max_outputs
from ..layers.gating import Start, zero_init
from ..layers.scse_gates import build_scse_gates, compute_scse_gates
from ..options import Choice, MinHidden, Odd, Reduction


class ScseOutputs(nn.Module):
    """Scale channels and positions in parallel and fuse the two maps. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        reduction: Annotated[int, Reduction()] = 2,
        min_hidden: Annotated[int, MinHidden()] = 4,
        kernel_size: Annotated[int, Odd(1, 7)] = 1,
        fusion: Annotated[str, Choice("max", "mul", "concat")] = "max",
        start: Start = "identity",
    ) -> None:
        super().__init__()
        self.fusion, self.start = fusion, start
        self.mlp, self.conv = build_scse_gates(
            channels, reduction=reduction, min_hidden=min_hidden, kernel_size=kernel_size, start=start
        )
        self.mix = nn.Conv2d(2 * channels, channels, 1) if fusion == "concat" else None
        if self.mix is not None:
            zero_init(self.mix, start)

    @staticmethod
    def starts_as_identity(*, fusion: str, start: str, **_: object) -> bool:
        """Tell whether a fresh module is an identity: a product of the two maps squares x."""
        return start == "identity" and fusion != "mul"

    def forward(self, x_BCHW: Tensor) -> Tensor:
        scale = 2.0 if self.start == "identity" and self.fusion == "max" else 1.0
        if self.fusion == "max" and not is_tracing():
            return max_outputs(*compute_scse_gates(self.mlp, self.conv, x_BCHW, scale))
        c_BC11 = torch.sigmoid(self.mlp(x_BCHW.mean((2, 3))))[..., None, None] * scale
        by_channel = x_BCHW * c_BC11
        by_position = x_BCHW * (torch.sigmoid(to_one_channel(self.conv, x_BCHW)) * scale)
        if self.mix is None:
            return (
                torch.maximum(by_channel, by_position) if self.fusion == "max" else by_channel * by_position
            )
        mixed_BCHW: Tensor = self.mix(torch.cat([by_channel, by_position], 1))
        return x_BCHW + mixed_BCHW if self.start == "identity" else mixed_BCHW

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's matrix products and convolutions."""
        mix = self.mix.weight.numel() if self.mix is not None else 0
        return self.mlp.macs() + (self.conv.weight.numel() + mix) * height * width

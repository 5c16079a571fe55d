"""scSE whose gated maps are fused, not its gates (Roy et al., TMI 2019, https://arxiv.org/abs/1808.08127, section III).

With c and s as in `scse`: max max(x c, x s), which takes the smaller gate where x < 0; mul x c * x s = x^2 c s, which
loses the sign of x; concat W [x c; x s], a 1x1 convolution back to C channels. (Sums are the same either way: `scse`.)
Departures: hidden width max(C // r, min_hidden); start="identity" zeroes the gates' last layers, doubles both gates for
max, and for concat adds x to W's output, W from zero. mul has no identity start: it squares.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..autograd.cache_blocks import traced
from ..autograd.convolution import to_one_channel
from ..autograd.gate_fusion import look, max_outputs
from ..layers.bottleneck import Bottleneck
from ..layers.gating import Start, opened, silence
from ..options import Choice, MinHidden, Odd, Reduction, hidden_width


class ScseOutputs(nn.Module):
    """Weigh channels and places at once and fuse the two maps. x_BCHW -> BCHW."""

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
        self.mlp = Bottleneck(channels, hidden_width(channels, reduction, min_hidden), start=start)
        self.conv = nn.Conv2d(channels, 1, kernel_size, padding=kernel_size // 2)
        silence(self.conv, start)
        self.mix = nn.Conv2d(2 * channels, channels, 1) if fusion == "concat" else None
        if self.mix is not None:
            silence(self.mix, start)

    @staticmethod
    def starts_as_identity(*, fusion: str, start: str, **_: object) -> bool:
        """A product of two maps is a square."""
        return start == "identity" and fusion != "mul"

    def forward(self, x_BCHW: Tensor) -> Tensor:
        if self.fusion == "max" and not traced():
            return self._larger(x_BCHW)
        scale = 2.0 if self.start == "identity" and self.fusion == "max" else 1.0
        c_BC11 = torch.sigmoid(self.mlp(x_BCHW.mean((2, 3))))[..., None, None] * scale
        by_channel = x_BCHW * c_BC11
        by_place = x_BCHW * (torch.sigmoid(to_one_channel(self.conv, x_BCHW)) * scale)
        if self.mix is None:
            return torch.maximum(by_channel, by_place) if self.fusion == "max" else by_channel * by_place
        mixed_BCHW: Tensor = self.mix(torch.cat([by_channel, by_place], 1))
        return x_BCHW + mixed_BCHW if self.start == "identity" else mixed_BCHW

    def _larger(self, x_BCHW: Tensor) -> Tensor:
        """The larger of both maps, one map kept for the backward."""
        assert self.conv.bias is not None
        same_BCHW, mean_BC, logits_B1HW = look(x_BCHW, self.conv.weight)
        c_BC = opened(self.mlp(mean_BC), self.start)
        s_B1HW = opened(logits_B1HW + self.conv.bias, self.start)
        return max_outputs(same_BCHW, c_BC[..., None, None].to(x_BCHW.dtype), s_B1HW.to(x_BCHW.dtype))

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample's matrix products and convolutions."""
        mix = self.mix.weight.numel() if self.mix is not None else 0
        return self.mlp.macs() + (self.conv.weight.numel() + mix) * height * width

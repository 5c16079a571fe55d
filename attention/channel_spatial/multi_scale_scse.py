"""scSE with a spatial gate of several scales: a variant by this project of Roy et al., MICCAI 2018
(https://arxiv.org/abs/1803.02579).

For each scale s: the map is averaged over s x s windows, a 1x1 convolution computes a logit per window, and each logit
is repeated over its window; the spatial gate is the sigmoid of the mean over scales. Since averaging and the
convolution commute, the convolution runs first and one channel is averaged. y = x (c + s) as in scSE with
fusion="add".
"""

from typing import Annotated

import torch
from torch import Tensor, nn
from torch.nn import functional

from ..layers.bottleneck import Bottleneck
from ..layers.gating import Start, zero_init
from ..layers.resampling import repeat_windows
from ..options import Choice, Flag, MinHidden, Reduction, hidden_width


class MultiScaleScse(nn.Module):
    """Scale channels, and positions at several scales, in parallel. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        scales: Annotated[str, Choice("1-2", "1-2-4", "2-4")] = "1-2-4",
        shared: Annotated[bool, Flag()] = False,
        reduction: Annotated[int, Reduction()] = 2,
        min_hidden: Annotated[int, MinHidden()] = 4,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        self.scales = [int(scale) for scale in scales.split("-")]
        self.mlp = Bottleneck(channels, hidden_width(channels, reduction, min_hidden), start=start)
        self.conv = nn.Conv2d(channels, 1 if shared else len(self.scales), 1)
        zero_init(self.conv, start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each element, (B, C, H, W)."""
        c_BC = torch.sigmoid(self.mlp(x_BCHW.mean((2, 3))))
        return c_BC[..., None, None] + torch.sigmoid(self._logits(x_BCHW))

    def _logits(self, x_BCHW: Tensor) -> Tensor:
        """Average the spatial logits over the scales, (B, 1, H, W)."""
        height, width = x_BCHW.shape[2:]
        logits_BSHW = self.conv(x_BCHW).expand(-1, len(self.scales), -1, -1)
        total = torch.zeros_like(logits_BSHW[:, :1])
        for index, scale in enumerate(self.scales):
            logits_B1HW = logits_BSHW[:, index : index + 1]
            windows = functional.avg_pool2d(logits_B1HW, scale, ceil_mode=True) if scale > 1 else logits_B1HW
            total = total + repeat_windows(windows, height, width, scale)
        return total / len(self.scales)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's matrix products and convolution."""
        return self.mlp.macs() + self.conv.weight.numel() * height * width

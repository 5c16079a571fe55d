"""Large selective kernel (Li et al., ICCV 2023, LSKNet, https://arxiv.org/abs/2303.09030), equations 2 to 8.

Two depthwise convolutions in series, 5x5 and 7x7 of dilation 3, are each projected to half the channels; a 7x7
convolution of their mean and maximum over channels gives each position a sigmoid weight for each of the two; a 1x1
convolution of the weighted sum multiplies x.
Departure: start="identity" starts that last convolution at weight 0 and bias 1.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.convolution import conv2d_weights, dilated_depthwise_conv
from ..layers.gating import Start, one_init
from ..options import Choice


class Lsk(nn.Module):
    """Multiply each element by a convolution whose kernel size each position selects. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        kernel_size: Annotated[int, Choice(5, 7, 9)] = 7,
        dilation: Annotated[int, Choice(2, 3, 4)] = 3,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        half = max(channels // 2, 1)
        self.near = nn.Conv2d(channels, channels, 5, padding=2, groups=channels)
        self.far = dilated_depthwise_conv(channels, kernel_size, dilation)
        self.narrow_near, self.narrow_far = nn.Conv2d(channels, half, 1), nn.Conv2d(channels, half, 1)
        self.select = nn.Conv2d(2, 2, 7, padding=3)
        self.out = nn.Conv2d(half, channels, 1)
        one_init(self.out, start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each element, (B, C, H, W)."""
        near = self.near(x_BCHW)
        first, second = self.narrow_near(near), self.narrow_far(self.far(near))
        both = torch.cat([first, second], 1)
        pools = torch.cat([both.mean(1, keepdim=True), both.amax(1, keepdim=True)], 1)
        weights = torch.sigmoid(self.select(pools))
        gate: Tensor = self.out(first * weights[:, :1] + second * weights[:, 1:])
        return gate

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions."""
        return height * width * conv2d_weights(self)

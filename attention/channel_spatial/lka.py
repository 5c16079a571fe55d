"""Large kernel attention (Guo et al., 2022, VAN, https://arxiv.org/abs/2202.09741), equations 3 and 4.

gate = conv1x1(dilated depthwise conv(depthwise conv(x))), y = x * gate, without a squashing function: a k x k kernel
of dilation d after a (2d - 1) x (2d - 1) one approximates a d k x d k kernel (21 x 21 in the paper: k 7, d 3).
Departure: start="identity" starts the 1x1 convolution at weight 0 and bias 1.
"""

from typing import Annotated

from torch import Tensor, nn

from ..layers.convolution import conv2d_weights, dilated_depthwise_conv
from ..layers.gating import Start, one_init
from ..options import Choice


class Lka(nn.Module):
    """Multiply each element by a large-kernel convolution of its neighborhood. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        kernel_size: Annotated[int, Choice(3, 5, 7, 9)] = 7,
        dilation: Annotated[int, Choice(2, 3, 4)] = 3,
        start: Start = "identity",
    ) -> None:
        super().__init__()
        self.near = nn.Conv2d(channels, channels, 2 * dilation - 1, padding=dilation - 1, groups=channels)
        self.far = dilated_depthwise_conv(channels, kernel_size, dilation)
        self.mix = nn.Conv2d(channels, channels, 1)
        one_init(self.mix, start)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each element, (B, C, H, W)."""
        gate: Tensor = self.mix(self.far(self.near(x_BCHW)))
        return gate

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions."""
        return height * width * conv2d_weights(self)

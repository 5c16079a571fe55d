"""Split attention (Zhang et al., 2020, ResNeSt, https://arxiv.org/abs/2004.08955), equations 1 to 3, cardinality 1.

One 3x3 convolution in `radix` groups computes radix times the channels, with batch norm and ReLU; z = relu(BN(W1
mean(sum of the splits))); a softmax over the splits of W2 z (a sigmoid for radix 1) weights them. It replaces a
convolution: there is no identity start. Departures: the hidden width is max(radix C // r, min_hidden), with the
authors' floor of 32; W1 has no bias, which its norm cancels. Raises ValueError unless the radix divides the channels.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.convolution import conv2d_weights, linear_weights
from ..options import Choice, MinHidden, Reduction, hidden_width
from .sk import weighted_sum


class SplitAttention(nn.Module):
    """Convolve into several splits and weight them per channel. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        radix: Annotated[int, Choice(1, 2, 4)] = 2,
        reduction: Annotated[int, Reduction()] = 4,
        min_hidden: Annotated[int, MinHidden(8, 16, 32)] = 32,
    ) -> None:
        super().__init__()
        if channels % radix:
            raise ValueError(f"split_attention: radix {radix} does not divide {channels} channels")
        hidden, wide = hidden_width(channels * radix, reduction, min_hidden), channels * radix
        self.radix = radix
        self.conv = nn.Sequential(
            nn.Conv2d(channels, wide, 3, padding=1, groups=radix, bias=False), nn.BatchNorm2d(wide), nn.ReLU()
        )
        self.reduce = nn.Sequential(
            nn.Linear(channels, hidden, bias=False), nn.BatchNorm1d(hidden), nn.ReLU()
        )
        self.select = nn.Linear(hidden, wide)

    @staticmethod
    def effective(channels: int, *, radix: int, reduction: int, min_hidden: int) -> dict[str, int]:
        """Return the hidden width in use."""
        return {"hidden": hidden_width(channels * radix, reduction, min_hidden)}

    def forward(self, x_BCHW: Tensor) -> Tensor:
        splits = self.conv(x_BCHW).chunk(self.radix, 1)
        z_BD = self.reduce(torch.stack([split.mean((2, 3)) for split in splits]).sum(0))
        logits_BRC = self.select(z_BD).reshape(len(x_BCHW), self.radix, -1)
        weights_BRC = torch.softmax(logits_BRC, 1) if self.radix > 1 else torch.sigmoid(logits_BRC)
        return weighted_sum(splits, weights_BRC[..., None, None])

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolution and matrix products."""
        return height * width * conv2d_weights(self) + linear_weights(self)

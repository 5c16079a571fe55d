"""Polarized self-attention (Liu et al., 2021, https://arxiv.org/abs/2107.00782), equations 2 to 5.

channel: sigmoid(LN(W_z (W_v x softmax(W_q x)))) with one query over all positions; spatial: sigmoid of
softmax(mean(W_q x)) times W_v x, one query over the channels; half the channels inside. order="parallel" adds the two
gated maps, "sequential" gates one after the other. Both products are computed in the cheaper order: W_v of the pooled
vector, and (query W_v) of the map; the result is the same. Departures: the channel query has no bias (its softmax
cancels it); start="identity" zeroes the norm and the spatial W_v, and doubles the gates (parallel: their sum starts at
1).
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.gating import Start, zero_init
from ..options import Choice


class Polarized(nn.Module):
    """Scale channels by a query over all positions, and positions by a query over all channels. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        order: Annotated[str, Choice("parallel", "sequential")] = "parallel",
        start: Start = "identity",
    ) -> None:
        super().__init__()
        half = max(channels // 2, 1)
        self.order, self.scale = order, 2.0 if start == "identity" and order == "sequential" else 1.0
        self.channel_query = nn.Conv2d(channels, 1, 1, bias=False)
        self.channel_value, self.channel_out = nn.Linear(channels, half), nn.Linear(half, channels)
        self.norm = nn.LayerNorm(channels)
        self.spatial_query, self.spatial_value = nn.Linear(channels, half), nn.Linear(channels, half)
        zero_init(self.norm, start)
        zero_init(self.spatial_value, start)

    def channel_gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each channel, (B, C, 1, 1)."""
        weights_BN1 = torch.softmax(self.channel_query(x_BCHW).flatten(1), 1)[..., None]
        pooled_BC = (x_BCHW.flatten(2) @ weights_BN1).squeeze(2)
        logits_BC = self.norm(self.channel_out(self.channel_value(pooled_BC)))
        return self.scale * torch.sigmoid(logits_BC)[..., None, None]

    def spatial_gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each position, (B, 1, H, W)."""
        query_BD = torch.softmax(self.spatial_query(x_BCHW.mean((2, 3))), 1)
        weights_B1C = (query_BD @ self.spatial_value.weight)[:, None]
        bias_B1 = (query_BD @ self.spatial_value.bias)[:, None]
        logits_BN = (weights_B1C @ x_BCHW.flatten(2)).squeeze(1) + bias_B1
        return self.scale * torch.sigmoid(logits_BN).reshape(len(x_BCHW), 1, *x_BCHW.shape[2:])

    def forward(self, x_BCHW: Tensor) -> Tensor:
        if self.order == "parallel":
            return x_BCHW * (self.channel_gate(x_BCHW) + self.spatial_gate(x_BCHW))
        y_BCHW = x_BCHW * self.channel_gate(x_BCHW)
        return y_BCHW * self.spatial_gate(y_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's matrix products and convolution."""
        channels, half = self.spatial_value.in_features, self.spatial_value.out_features
        return 3 * channels * height * width + 4 * channels * half

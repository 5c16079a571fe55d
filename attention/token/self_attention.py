"""Self-attention over a map (Zhang et al., ICML 2019, SAGAN, https://arxiv.org/abs/1805.08318), equations 1 to 3.

y_i = sum_j softmax_j(f(x_i) . g(x_j)) h(x_j), z = x + gamma W_v y with gamma from 0: the paper's own start is the
identity. f, g and h are 1x1 convolutions to C / 8. `activation` applies a function to the scores before the
softmax, as an early description of this module did. It limits the ratio of two weights (sigmoid: e; tanh: e squared;
relu makes all negative scores equal), and is off by default.
Departures: hidden width max(C // r, min_hidden); f's counterpart g has no bias, which the softmax cancels.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.chunked_attention import attend_in_chunks
from ..layers.fused_attention import attend, to_map, to_tokens
from ..options import Choice, MinHidden, Reduction, hidden_width

ACTIVATIONS = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


class SelfAttention(nn.Module):
    """Add to each position a sum over all positions, weighted by learned similarity. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        reduction: Annotated[int, Reduction()] = 8,
        min_hidden: Annotated[int, MinHidden()] = 4,
        activation: Annotated[str, Choice("none", "relu", "sigmoid", "tanh")] = "none",
    ) -> None:
        super().__init__()
        hidden = hidden_width(channels, reduction, min_hidden)
        self.activation = activation
        self.query = nn.Conv2d(channels, hidden, 1)
        self.key = nn.Conv2d(channels, hidden, 1, bias=False)
        self.value = nn.Conv2d(channels, hidden, 1)
        self.out = nn.Conv2d(hidden, channels, 1)
        self.gamma = nn.Parameter(torch.zeros(()))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        q, k, v = (to_tokens(project(x_BCHW)) for project in (self.query, self.key, self.value))
        if self.activation == "none":
            y_B1ND = attend(q, k, v, scale=1.0)
        else:
            activation = ACTIVATIONS[self.activation]
            y_B1ND = attend_in_chunks(
                q, k, v, scale=1.0, score_function=lambda scores, first: activation(scores)
            )
        residual_BCHW: Tensor = self.out(to_map(y_B1ND, *x_BCHW.shape[2:]))
        return x_BCHW + self.gamma * residual_BCHW

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions and attention."""
        positions, hidden = height * width, self.query.out_channels
        return positions * (4 * self.query.weight.numel() + 2 * positions * hidden)

"""Self-attention over a map (Zhang et al., ICML 2019, SAGAN, https://arxiv.org/abs/1805.08318), equations 1 to 3.

y_i = sum_j softmax_j(f(x_i) . g(x_j)) h(x_j), z = x + gamma W_v y with gamma from 0: the paper's own start is the
identity. f, g and h are 1x1 convolutions to C / 8. activation puts a function between the scores and the softmax:
an early description of this module did so. It caps how much one place can outweigh another (sigmoid: by a factor e;
tanh: e squared; relu ties all negative scores), and is off by default.
Departures: hidden width max(C // r, min_hidden); f's counterpart g has no bias, which the softmax cancels.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.chunked_attention import attend_changed
from ..layers.fused_attention import attend, to_map, tokens
from ..options import Choice, MinHidden, Reduction, hidden_width

ACTIVATIONS = {"relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}


class SelfAttention(nn.Module):
    """Add to each place what all places hold, weighed by learned likeness. x_BCHW -> BCHW."""

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
        q, k, v = (tokens(project(x_BCHW)) for project in (self.query, self.key, self.value))
        if self.activation == "none":
            y_B1ND = attend(q, k, v, scale=1.0)
        else:
            act = ACTIVATIONS[self.activation]
            y_B1ND = attend_changed(q, k, v, scale=1.0, change=lambda scores, first: act(scores))
        seen_BCHW: Tensor = self.out(to_map(y_B1ND, *x_BCHW.shape[2:]))
        return x_BCHW + self.gamma * seen_BCHW

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample's convolutions and of the attention."""
        places, hidden = height * width, self.query.out_channels
        return places * (4 * self.query.weight.numel() + 2 * places * hidden)

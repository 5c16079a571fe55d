"""Dual attention (Fu et al., CVPR 2019, DANet, https://arxiv.org/abs/1809.02983), equations 1 to 4.

position: x + alpha sum_j softmax_j(b(x_i) . c(x_j)) d(x_j) with b, c to C / 8 channels; channel: x + beta A x with A =
softmax(x x^T) over the channels in the paper (channel_scores="paper"), and softmax(max - x x^T), which favors unlike
channels, in the authors' code and the code derived from it (channel_scores="code", the default). alpha and beta start
at 0: the paper's own start is the identity. part="both" adds both terms to x once. Departures: the paper adds two
copies of x, each after a convolution; hidden width max(C // r, min_hidden); c has no bias, which the softmax cancels.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.fused_attention import attend, to_map, to_tokens
from ..options import Choice, MinHidden, Reduction, hidden_width


class Danet(nn.Module):
    """Add attention over positions and attention over channels. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        part: Annotated[str, Choice("both", "position", "channel")] = "both",
        channel_scores: Annotated[str, Choice("code", "paper")] = "code",
        reduction: Annotated[int, Reduction()] = 8,
        min_hidden: Annotated[int, MinHidden()] = 4,
    ) -> None:
        super().__init__()
        self.channels, self.position = channels, part != "channel"
        self.sign = -1 if channel_scores == "code" else 1
        if self.position:
            hidden = hidden_width(channels, reduction, min_hidden)
            self.query = nn.Conv2d(channels, hidden, 1)
            self.key = nn.Conv2d(channels, hidden, 1, bias=False)
            self.value = nn.Conv2d(channels, channels, 1)
            self.alpha = nn.Parameter(torch.zeros(()))
        self.beta = nn.Parameter(torch.zeros(())) if part != "position" else None

    @staticmethod
    def inactive(*, part: str, **_: object) -> set[str]:
        """Name options without effect: part="channel" has no hidden layer, part="position" no channel scores."""
        return {"channel": {"reduction", "min_hidden"}, "position": {"channel_scores"}}.get(part, set())

    def forward(self, x_BCHW: Tensor) -> Tensor:
        y_BCHW = x_BCHW
        if self.position:
            q, k, v = (to_tokens(project(x_BCHW)) for project in (self.query, self.key, self.value))
            y_BCHW = y_BCHW + self.alpha * to_map(attend(q, k, v, scale=1.0), *x_BCHW.shape[2:])
        if self.beta is not None:
            y_BCHW = y_BCHW + self.beta * self._attend_channels(x_BCHW)
        return y_BCHW

    def _attend_channels(self, x_BCHW: Tensor) -> Tensor:
        """Attend over channels, (B, C, H, W); the softmax is invariant to the maximum that the code adds."""
        flat_BCN = x_BCHW.flatten(2)
        scores_BCC = flat_BCN @ flat_BCN.transpose(1, 2)
        weights_BCC = torch.softmax(self.sign * scores_BCC, 2)
        return (weights_BCC @ flat_BCN).reshape(x_BCHW.shape)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions and of both attentions."""
        positions, channels, total = height * width, self.channels, 0
        if self.position:
            linear = sum(layer.weight.numel() for layer in (self.query, self.key, self.value))
            total += positions * (linear + 2 * positions * max(channels, self.query.out_channels))
        return total + (2 * channels**2 * positions if self.beta is not None else 0)

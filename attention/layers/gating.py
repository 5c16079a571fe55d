"""How a gate opens: from logits to a factor that is exactly 1 while the logits are 0.

Gates written as in their papers start near one half, so that eight of them in series scale a map by 0.004
and pretrained features are lost. With start="identity" the last layer starts at zero and the factor is
2 * sigmoid(logits), in (0, 2); with start="paper" it is sigmoid(logits), in (0, 1), with the usual weights.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..options import Choice

Start = Annotated[str, Choice("identity", "paper")]
Squash = Annotated[str, Choice("sigmoid", "hard_sigmoid")]


def opened(logits: Tensor, start: str, squash: str = "sigmoid") -> Tensor:
    """The factor for these logits, of their shape; exactly 1 where they are 0 and start is "identity"."""
    gate = torch.sigmoid(logits) if squash == "sigmoid" else nn.functional.hardsigmoid(logits)
    return gate * 2 if start == "identity" else gate


def silence(layer: nn.Module, start: str) -> None:
    """Zero the last layer before a gate or a sum, unless the paper's start is wanted."""
    if start == "identity":
        for parameter in layer.parameters():
            nn.init.zeros_(parameter)


class Onset(nn.Module):
    """For gates without a last layer to silence: 1 + amount * (gate - 1), the learned amount from 0.

    With start="paper" the gate passes as it is and there is no amount to learn.
    """

    def __init__(self, start: str) -> None:
        super().__init__()
        self.amount = nn.Parameter(torch.zeros(())) if start == "identity" else None

    def forward(self, gate: Tensor) -> Tensor:
        return gate if self.amount is None else 1 + self.amount * (gate - 1)

"""From logits to a gate: a factor that is exactly 1 while the logits are 0.

Gates initialized as in their papers start near one half, so that eight of them in series scale a map by 0.004 and
pretrained features are lost. With start="identity" the last layer starts at zero and the gate is
2 * sigmoid(logits), in (0, 2); with start="paper" it is sigmoid(logits), in (0, 1), with the usual weights.
"""

from typing import Annotated

import torch
from torch import Tensor, nn

from ..options import Choice

Start = Annotated[str, Choice("identity", "paper")]
Squash = Annotated[str, Choice("sigmoid", "hard_sigmoid")]


def gate_factor(logits: Tensor, start: str, squash: str = "sigmoid") -> Tensor:
    """Compute the gate of these logits, of the same shape; exactly 1 where they are 0 and start is "identity"."""
    gate = torch.sigmoid(logits) if squash == "sigmoid" else nn.functional.hardsigmoid(logits)
    return gate * 2 if start == "identity" else gate


def zero_init(layer: nn.Module, start: str) -> None:
    """Zero all parameters of the last layer before a gate or a sum, if start is "identity"."""
    if start == "identity":
        for parameter in layer.parameters():
            nn.init.zeros_(parameter)


def one_init(layer: nn.Conv2d, start: str) -> None:
    """Make a convolution return 1 for any input (weight 0, bias 1), if start is "identity"."""
    if start == "identity" and layer.bias is not None:
        nn.init.zeros_(layer.weight)
        nn.init.ones_(layer.bias)


class LearnedBlend(nn.Module):
    """Blend a gate in by a learned amount that starts at 0: 1 + amount * (gate - 1).

    For gates without a last layer that could be zeroed (cf. ReZero, https://arxiv.org/abs/2003.04887). With
    start="paper" the gate passes unchanged and there is no parameter.
    """

    def __init__(self, start: str) -> None:
        super().__init__()
        self.amount = nn.Parameter(torch.zeros(())) if start == "identity" else None

    def forward(self, gate: Tensor) -> Tensor:
        return gate if self.amount is None else 1 + self.amount * (gate - 1)

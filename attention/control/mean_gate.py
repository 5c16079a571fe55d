"""A control: a gate that looks at its input in training, and forgets it in evaluation.

Training is that of the module named by `of`, and keeps a running mean of each channel's factor; in evaluation that mean
is the factor, whatever the input. What the module gains over this arm at test time is owed to looking at the
test image; what this arm keeps is owed to training with a gate, and to the factors' average.
"""

from typing import Annotated, cast

import torch
from torch import Tensor, nn

from ..options import Choice, MinHidden, Odd, Reduction
from .shuffled_gate import Gated, ShuffledGate, gated

MOMENTUM = 0.01


class MeanGate(nn.Module):
    """Weigh by the gate in training, by its running mean in evaluation. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        of: Annotated[str, Choice("se", "cbam", "scse")] = "se",
        reduction: Annotated[int, Reduction()] = 16,
        min_hidden: Annotated[int, MinHidden()] = 4,
        kernel_size: Annotated[int, Odd(1, 7)] = 7,
    ) -> None:
        super().__init__()
        self.inner = gated(of, channels, reduction=reduction, min_hidden=min_hidden, kernel_size=kernel_size)
        self.register_buffer("mean", torch.ones(channels, 1, 1))

    inactive = ShuffledGate.inactive

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The factors, broadcastable to x."""
        mean_C11 = self.get_buffer("mean")
        if not self.training:
            return mean_C11
        gate = cast(Gated, self.inner).gate(x_BCHW)
        with torch.no_grad():
            now_C11 = gate.expand(x_BCHW.shape).mean((0, 2, 3))[:, None, None]
            mean_C11.lerp_(now_C11.to(mean_C11.dtype), MOMENTUM)
        return gate

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Those of the module whose gate it is, in training; none in evaluation."""
        return cast(Gated, self.inner).macs(height, width) if self.training else 0

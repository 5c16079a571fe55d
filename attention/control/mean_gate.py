"""Control: a gate that depends on its input in training, and is constant in evaluation.

Training equals that of the module named by `of` and tracks a running mean of each channel's gate; in evaluation this
mean is the gate, whatever the input. What the module gains over this arm at test time is due to the gate's dependence
on the test image; what this arm keeps is due to training with a gate, and to the gate's average.
"""

from typing import Annotated

import torch
from torch import Tensor

from ..options import MinHidden, Odd, Reduction
from .inner_gate import InnerKernelControl, Of, build_inner

MOMENTUM = 0.01


class MeanGate(InnerKernelControl):
    """Scale by the gate in training, by its running mean in evaluation. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        of: Of = "se",
        reduction: Annotated[int, Reduction()] = 16,
        min_hidden: Annotated[int, MinHidden()] = 4,
        kernel_size: Annotated[int, Odd(1, 7)] = 7,
    ) -> None:
        super().__init__(
            build_inner(of, channels, reduction=reduction, min_hidden=min_hidden, kernel_size=kernel_size)
        )
        self.register_buffer("mean", torch.ones(channels, 1, 1))

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate in training; return its running mean, (C, 1, 1), in evaluation."""
        mean_C11 = self.get_buffer("mean")
        if not self.training:
            return mean_C11
        gate = self.inner_gate(x_BCHW)
        with torch.no_grad():
            batch_mean_C11 = gate.expand(x_BCHW.shape).mean((0, 2, 3))[:, None, None]
            mean_C11.lerp_(batch_mean_C11.to(mean_C11.dtype), MOMENTUM)
        return gate

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of the wrapped module in training; there are none in evaluation."""
        return super().macs(height, width) if self.training else 0

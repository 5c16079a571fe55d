"""Control: a real gate, applied to the wrong image.

y = x * roll(gate(x), 1 along the batch): the gates have the parameters, cost and statistics of the module named by
`of`, but come from the neighbor in the batch, in training and in evaluation. What the module gains over this arm is due
to the match between gate and input. No random numbers are drawn, so that runs of different arms stay comparable. It is
a placebo: evaluation depends on the rest of the batch on purpose, and in a batch of one it equals the real module.
"""

from typing import Annotated

import torch
from torch import Tensor

from ..options import MinHidden, Odd, Reduction
from .inner_gate import InnerKernelControl, Of, build_inner


class ShuffledGate(InnerKernelControl):
    """Scale each sample by its neighbor's gate. x_BCHW -> BCHW."""

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

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the neighbor's gate, broadcastable to x."""
        return torch.roll(self.inner_gate(x_BCHW), 1, 0)

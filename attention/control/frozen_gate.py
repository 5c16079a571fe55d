"""Control: a real gate with random weights that are never trained.

The architecture of the module named by `of` with its initial weights frozen, and its gate scaled to start near 1. What
the module gains over this arm is due to learning where to attend. It gates from the first step on: there is no identity
start.
"""

from typing import Annotated

from torch import Tensor

from ..channel.se import Se
from ..channel_spatial.cbam import Cbam
from ..channel_spatial.scse import Scse
from ..options import MinHidden, Reduction
from .inner_gate import InnerGateControl, Of

SCALE = {"se": 2.0, "cbam": 4.0, "scse": 1.0}
"""The inverse of each gate's value at logits 0."""


class FrozenGate(InnerGateControl):
    """Scale by a random gate that is never trained. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        of: Of = "se",
        reduction: Annotated[int, Reduction()] = 16,
        min_hidden: Annotated[int, MinHidden()] = 4,
    ) -> None:
        make = {"se": Se, "cbam": Cbam, "scse": Scse}[of]
        super().__init__(make(channels, reduction=reduction, min_hidden=min_hidden, start="paper"))
        self.inner.requires_grad_(False)
        self.scale = SCALE[of]

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the random gate, broadcastable to x."""
        return self.inner_gate(x_BCHW) * self.scale

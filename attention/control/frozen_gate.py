"""A control: a real gate with random weights that never learn.

The architecture of the module named by `of`, its weights as first drawn and frozen, its factor scaled to start near 1.
What the module gains over this arm is owed to learning what to attend to. It gates from the first step on: no
identity start.
"""

from typing import Annotated, cast

from torch import Tensor, nn

from ..channel.se import Se
from ..channel_spatial.cbam import Cbam
from ..channel_spatial.scse import Scse
from ..options import Choice, MinHidden, Reduction
from .shuffled_gate import Gated

MIDDLE = {"se": 2.0, "cbam": 4.0, "scse": 1.0}


class FrozenGate(nn.Module):
    """Weigh by a random gate that stays as it is. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        of: Annotated[str, Choice("se", "cbam", "scse")] = "se",
        reduction: Annotated[int, Reduction()] = 16,
        min_hidden: Annotated[int, MinHidden()] = 4,
    ) -> None:
        super().__init__()
        make = {"se": Se, "cbam": Cbam, "scse": Scse}[of]
        self.inner = make(channels, reduction=reduction, min_hidden=min_hidden, start="paper").requires_grad_(
            False
        )
        self.middle = MIDDLE[of]

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The random factors, broadcastable to x."""
        return cast(Gated, self.inner).gate(x_BCHW) * self.middle

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Those of the module whose gate it is."""
        return cast(Gated, self.inner).macs(height, width)

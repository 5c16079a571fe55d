"""A control: a real gate, given to the wrong image.

y = x * roll(gate(x), 1 along the batch): the gates have the parameters, cost and statistics of the module
named by `of`, but belong to the neighbour in the batch, in training and in evaluation. What the module gains
over this arm is owed to the gate fitting its own input. No random numbers, so that arms stay paired. It is a
placebo: evaluation depends on the rest of the batch on purpose, and in a batch of one it is the real module.
"""

from typing import Annotated, Protocol, cast

import torch
from torch import Tensor, nn

from ..channel.se import Se
from ..channel_spatial.cbam import Cbam
from ..channel_spatial.scse import Scse
from ..options import Choice, MinHidden, Odd, Reduction


class Gated(Protocol):
    """A module that can tell its gate apart from its output."""

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """A factor that broadcasts to x."""
        ...

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample."""
        ...


def gated(of: str, channels: int, *, reduction: int, min_hidden: int, kernel_size: int) -> nn.Module:
    """The module whose gate a placebo uses."""
    if of == "se":
        return Se(channels, reduction=reduction, min_hidden=min_hidden)
    if of == "cbam":
        return Cbam(channels, reduction=reduction, min_hidden=min_hidden, kernel_size=kernel_size)
    return Scse(channels, reduction=reduction, min_hidden=min_hidden, kernel_size=kernel_size)


class ShuffledGate(nn.Module):
    """Weigh each sample by its neighbour's gate. x_BCHW -> BCHW."""

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

    @staticmethod
    def inactive(*, of: str, **_: object) -> set[str]:
        """A channel gate has no kernel."""
        return {"kernel_size"} if of == "se" else set()

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """The neighbour's factors, broadcastable to x."""
        return torch.roll(cast(Gated, self.inner).gate(x_BCHW), 1, 0)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Those of the module whose gate it is."""
        return cast(Gated, self.inner).macs(height, width)

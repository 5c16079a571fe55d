"""Modules that each break some contracts."""

import itertools
from typing import Annotated

import torch
from torch import Tensor, nn

from attention.catalog import Entry
from attention.options import Choice


def entry_of(make: type[nn.Module], kind: str = "gate", identity: str = "exact") -> Entry:
    """Make a catalog entry for a test's own class."""
    return Entry("own", make, kind, "nobody", 2026, identity)


class IgnoresItsOption(nn.Module):
    """A gate whose option has no effect, and which declares one multiply-accumulate too many."""

    def __init__(self, channels: int, *, strength: Annotated[int, Choice(1, 2)] = 1) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels, 1, 1))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.weight

    def macs(self, height: int, width: int) -> int:
        return 1


class MixesTheBatch(IgnoresItsOption):
    """A gate normalized over the batch, which changes its input and has unused weights."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.unused = nn.Parameter(torch.ones(1))

    def forward(self, x_BCHW: Tensor) -> Tensor:
        if not x_BCHW.is_leaf:
            x_BCHW.mul_(2)
        return x_BCHW * torch.softmax(x_BCHW.mean((2, 3), keepdim=True), 0)


class DependsOnValues(IgnoresItsOption):
    """A gate whose control flow depends on its input's values."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.weight if float(x_BCHW.abs().max()) > 1 else x_BCHW


class DrawsNoise(IgnoresItsOption):
    """A gate with noise from the global generator."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.weight * torch.rand(len(x_BCHW), 1, 1, 1, dtype=x_BCHW.dtype)


class NeedsEightChannels(IgnoresItsOption):
    """A gate that drops channels of narrow maps, and values of single samples."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        if len(x_BCHW) == 1:
            return x_BCHW * float("nan")
        return x_BCHW[:, : x_BCHW.shape[1] // 8 * 8] * 1


BUILT = itertools.count(1)


class HidesItsState(IgnoresItsOption):
    """A gate whose factor is drawn when it is built and is in no state dict."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels)
        self.factor = next(BUILT)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.weight * self.factor


class _WrongGradient(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * 2

    @staticmethod
    def backward(ctx: object, *gradients: Tensor) -> Tensor:
        return gradients[0] * 2.01


class HasAWrongBackward(IgnoresItsOption):
    """A gate whose hand-written gradient is off by half a percent."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        y_BCHW: Tensor = _WrongGradient.apply(x_BCHW * self.weight)  # type: ignore[no-untyped-call]
        return y_BCHW


class ReturnsFloat64(IgnoresItsOption):
    """A gate that returns float64 whatever its input is."""

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW.double() * self.weight

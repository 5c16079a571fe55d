"""What the controls of a real gate share: they wrap SE, CBAM or scSE and change only when its gate applies."""

from typing import Annotated, Protocol, cast

from torch import Tensor, nn

from ..channel.se import Se
from ..channel_spatial.cbam import Cbam
from ..channel_spatial.scse import Scse
from ..options import Choice

Of = Annotated[str, Choice("se", "cbam", "scse")]
"""The option that names the wrapped module."""


class Gate(Protocol):
    """A module that can compute its gate separately from its output."""

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute a factor that broadcasts to x."""
        ...

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample."""
        ...


def build_inner(of: str, channels: int, *, reduction: int, min_hidden: int, kernel_size: int) -> nn.Module:
    """Build the module whose gate a control uses; SE has no kernel."""
    if of == "se":
        return Se(channels, reduction=reduction, min_hidden=min_hidden)
    if of == "cbam":
        return Cbam(channels, reduction=reduction, min_hidden=min_hidden, kernel_size=kernel_size)
    return Scse(channels, reduction=reduction, min_hidden=min_hidden, kernel_size=kernel_size)


class InnerGateControl(nn.Module):
    """Scale x by a function of the wrapped module's gate; subclasses override `gate`. x_BCHW -> BCHW."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def inner_gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the wrapped module's gate, broadcastable to x."""
        return cast(Gate, self.inner).gate(x_BCHW)

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate that applies, broadcastable to x."""
        return self.inner_gate(x_BCHW)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of the wrapped module."""
        return cast(Gate, self.inner).macs(height, width)


class InnerKernelControl(InnerGateControl):
    """A control that also takes the kernel size of the wrapped module."""

    @staticmethod
    def inactive(*, of: str, **_: object) -> set[str]:
        """Name `kernel_size` where it has no effect: SE has no kernel."""
        return {"kernel_size"} if of == "se" else set()

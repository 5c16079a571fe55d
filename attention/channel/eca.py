"""Efficient channel attention (Wang et al., CVPR 2020, https://arxiv.org/abs/1910.03151), equations 9 and 12.

gate = sigmoid(conv1d_k(mean(x))) along the channels, y = x * gate. kernel_size None takes the paper's
k = |log2(C) / gamma + beta / gamma| made odd, but at least 3 (the formula gives 1 below 8 channels, and the
paper's own code, text and figures disagree on it). start="identity" zeroes the kernel and doubles the gate.
Raises ValueError if circular padding is wider than the channels.
"""

from typing import Annotated, ClassVar, Literal, cast

from torch import Tensor, nn

from ..layers.gating import Start, gate_factor, zero_init
from ..layers.pooling import adaptive_kernel_size
from ..options import Choice


class Eca(nn.Module):
    """Scale each channel by a convolution of its neighboring channels' means. x_BCHW -> BCHW."""

    derived: ClassVar = ("kernel_size", "gamma", "beta")

    def __init__(
        self,
        channels: int,
        *,
        kernel_size: Annotated[int | None, Choice(None, 3, 5, 7, 9)] = None,
        gamma: Annotated[int, Choice(1, 2, 4)] = 2,
        beta: Annotated[int, Choice(0, 1, 2)] = 1,
        padding: Annotated[str, Choice("zeros", "circular")] = "zeros",
        start: Start = "identity",
    ) -> None:
        super().__init__()
        size = kernel_size or adaptive_kernel_size(channels, gamma, beta)
        if padding == "circular" and size // 2 > channels:
            raise ValueError(f"eca: circular padding of {size} taps needs {size // 2} channels or more")
        self.channels, self.start = channels, start
        mode = cast(Literal["zeros", "circular"], padding)
        self.mix = nn.Conv1d(1, 1, size, padding=size // 2, padding_mode=mode, bias=False)
        zero_init(self.mix, start)

    @staticmethod
    def effective(
        channels: int, *, kernel_size: int | None, gamma: int, beta: int, **_: object
    ) -> dict[str, int]:
        """Return the kernel size in use."""
        return {"kernel_size": kernel_size or adaptive_kernel_size(channels, gamma, beta)}

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each channel, (B, C, 1, 1)."""
        logits_B1C: Tensor = self.mix(x_BCHW.mean((2, 3)).unsqueeze(1))
        return gate_factor(logits_B1C.squeeze(1), self.start)[..., None, None]

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolution."""
        return self.mix.kernel_size[0] * self.channels

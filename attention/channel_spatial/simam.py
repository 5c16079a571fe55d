"""SimAM (Yang et al., ICML 2021, http://proceedings.mlr.press/v139/yang21o.html), equations 5 and 6.

gate = sigmoid((x - mean)^2 / (4 (variance + lambda)) + 1/2), per channel, the variance over N - 1; no parameters.
There is no identity start: it gates from the first step on. Departure: the variance of one position is 0, not 0 / 0.
"""

from collections.abc import Callable
from typing import Annotated, Any, cast

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from ..autograd.cache_blocks import batch_blocks, empty_block, empty_like_strided, is_tracing
from ..options import LogRange


class _SimamGate(Function):
    """Compute x sigmoid(d^2 / k + 1/2) with k = 4 (variance + lambda), saving only x for the backward pass."""

    @staticmethod
    def forward(ctx: Any, x_BCHW: Tensor, penalty: float) -> Tensor:
        mean, quarter = channel_statistics(x_BCHW, penalty)
        y_BCHW = empty_like_strided(x_BCHW)
        for part in batch_blocks(x_BCHW):
            work = torch.sub(x_BCHW[part], mean[part], out=y_BCHW[part])
            work.square_().div_(quarter[part]).add_(0.5).sigmoid_().mul_(x_BCHW[part])
        ctx.save_for_backward(x_BCHW, mean, quarter)
        return y_BCHW

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_BCHW: Tensor) -> tuple[Tensor, None]:
        """Compute g s + 2 d (h / k - 4 sum(h d^2) / (k^2 n)) minus the mean of h, with h = g x s (1 - s)."""
        x_BCHW, mean, quarter = ctx.saved_tensors
        g_x_BCHW, room, more = empty_like_strided(x_BCHW), empty_block(x_BCHW), empty_block(x_BCHW)
        positions = x_BCHW.shape[2] * x_BCHW.shape[3]
        for part in batch_blocks(x_BCHW):
            x, g, k, d = x_BCHW[part], g_BCHW[part], quarter[part], room[: len(x_BCHW[part])]
            s, out = more[: len(x)], g_x_BCHW[part]
            torch.sub(x, mean[part], out=d)
            torch.square(d, out=s).div_(k).add_(0.5).sigmoid_()
            torch.mul(g, s, out=out)
            h_d = torch.mul(out, x).mul_(s.neg_().add_(1)).mul_(d)
            middle = h_d.sum((2, 3), keepdim=True) / positions
            spread = 4 * (h_d * d).sum((2, 3), keepdim=True) / (k * max(positions - 1, 1))
            out.add_(h_d.sub_(middle).sub_(d.mul_(spread)).mul_(2).div_(k))
        return g_x_BCHW, None


_simam_gate = cast(Callable[[Tensor, float], Tensor], _SimamGate.apply)


def channel_statistics(x_BCHW: Tensor, penalty: float) -> tuple[Tensor, Tensor]:
    """Compute each channel's mean and 4 (variance + lambda), (B, C, 1, 1) each."""
    variance, mean = torch.var_mean(x_BCHW, (2, 3), correction=0, keepdim=True)
    positions = x_BCHW.shape[2] * x_BCHW.shape[3]
    return mean, 4 * (variance * (positions / max(positions - 1, 1)) + penalty)


class Simam(nn.Module):
    """Scale each element by its squared distance from its channel's mean. x_BCHW -> BCHW."""

    def __init__(self, channels: int, *, penalty: Annotated[float, LogRange(1e-6, 1e-1)] = 1e-4) -> None:
        super().__init__()
        self.penalty = penalty

    def gate(self, x_BCHW: Tensor) -> Tensor:
        """Compute the gate of each element, (B, C, H, W)."""
        mean, quarter = channel_statistics(x_BCHW, self.penalty)
        return torch.sigmoid((x_BCHW - mean).square() / quarter + 0.5)

    def forward(self, x_BCHW: Tensor) -> Tensor:
        return x_BCHW * self.gate(x_BCHW) if is_tracing() else _simam_gate(x_BCHW, self.penalty)

    def macs(self, height: int, width: int) -> int:
        """Return 0: there is no matrix product and no convolution."""
        return 0

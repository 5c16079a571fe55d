"""Non-local block (Wang et al., CVPR 2018, https://arxiv.org/abs/1711.07971), equations 2 to 6.

y_i = sum_j f(x_i, x_j) g(x_j) / normalizer, z = x + BN(W_z y); BN's weight is zero, so that z = x at the start.
mode="embedded": f = exp(theta_i . phi_j); "gaussian": f = exp(x_i . x_j); "dot": f = theta_i . phi_j / N. The first
two are a softmax over j, the last is theta (phi^T g) / N, without the N x N matrix. sub_sample pools phi and g
(section 3.3). Departures: biases that the softmax or the norm cancels (phi, g, W_z) are left out; scale="sqrt" divides
by the square root of the width, which the paper does not; the hidden width is max(C // r, min_hidden).
"""

from typing import Annotated

from torch import Tensor, nn
from torch.nn import functional

from ..layers.fused_attention import attend, to_map, to_tokens
from ..layers.gating import zero_init
from ..options import Choice, MinHidden, Reduction, hidden_width


class NonLocal(nn.Module):
    """Add to each position a sum over all positions, weighted by similarity. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        reduction: Annotated[int, Reduction()] = 2,
        min_hidden: Annotated[int, MinHidden()] = 4,
        mode: Annotated[str, Choice("embedded", "gaussian", "dot")] = "embedded",
        sub_sample: Annotated[int, Choice(1, 2, 4)] = 1,
        scale: Annotated[str, Choice("none", "sqrt")] = "none",
        norm: Annotated[str, Choice("batch", "none")] = "batch",
    ) -> None:
        super().__init__()
        hidden = hidden_width(channels, reduction, min_hidden)
        self.mode, self.sub_sample = mode, sub_sample
        width = channels if mode == "gaussian" else hidden
        self.scale = width**-0.5 if scale == "sqrt" else 1.0
        self.theta = nn.Identity() if mode == "gaussian" else nn.Conv2d(channels, hidden, 1)
        self.phi = nn.Identity() if mode == "gaussian" else nn.Conv2d(channels, hidden, 1, bias=False)
        self.g = nn.Conv2d(channels, hidden, 1, bias=False)
        self.out = nn.Conv2d(hidden, channels, 1, bias=norm == "none")
        self.norm = nn.BatchNorm2d(channels) if norm == "batch" else nn.Identity()
        zero_init(self.norm if norm == "batch" else self.out, "identity")

    @staticmethod
    def inactive(*, mode: str, **_: object) -> set[str]:
        """Name `scale` where it has no effect: mode="dot" divides by the number of positions instead."""
        return {"scale"} if mode == "dot" else set()

    def forward(self, x_BCHW: Tensor) -> Tensor:
        q = to_tokens(self.theta(x_BCHW))
        k, v = (to_tokens(self._sub_sample(project(x_BCHW))) for project in (self.phi, self.g))
        dot = self.mode == "dot"
        y_B1NE = q @ (k.transpose(2, 3) @ v / k.shape[2]) if dot else attend(q, k, v, scale=self.scale)
        residual_BCHW: Tensor = self.norm(self.out(to_map(y_B1NE, *x_BCHW.shape[2:])))
        return x_BCHW + residual_BCHW

    def _sub_sample(self, x_BCHW: Tensor) -> Tensor:
        """Pool by maximum, (B, C, ceil(H / sub_sample), ceil(W / sub_sample))."""
        if self.sub_sample == 1:
            return x_BCHW
        return functional.max_pool2d(x_BCHW, self.sub_sample, ceil_mode=True)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions and attention."""
        positions, keys = height * width, -(-height // self.sub_sample) * -(-width // self.sub_sample)
        channels, hidden = self.g.in_channels, self.g.out_channels
        if self.mode == "gaussian":
            return 2 * positions * channels * hidden + 2 * positions * keys * max(channels, hidden)
        pairs = (positions + keys) * hidden**2 if self.mode == "dot" else 2 * positions * keys * hidden
        return 4 * positions * channels * hidden + pairs

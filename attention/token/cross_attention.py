"""Cross-attention between two maps of different widths and sizes (Vaswani et al., NeurIPS 2017,
https://arxiv.org/abs/1706.03762, equation 1, on maps).

Each position of x attends to all positions of the context: z = x + W_o softmax(q(x) k(context)^T / sqrt(d))
v(context), W_o from zero, so that z = x at the start. For the skips of a decoder and between branches. Departure: the
hidden width is max(C // r, min_hidden) of x's channels; k has no bias, which the softmax cancels.
"""

from typing import Annotated

from torch import Tensor, nn

from ..layers.fused_attention import attend, to_map, to_tokens
from ..layers.gating import zero_init
from ..options import MinHidden, Reduction, hidden_width


class CrossAttention(nn.Module):
    """Add to each position of x attention over the context. x_BCHW, context_BDKL -> BCHW."""

    def __init__(
        self,
        channels: int,
        context_channels: int | None = None,
        *,
        reduction: Annotated[int, Reduction()] = 2,
        min_hidden: Annotated[int, MinHidden()] = 4,
    ) -> None:
        super().__init__()
        hidden, source = hidden_width(channels, reduction, min_hidden), context_channels or channels
        self.query = nn.Conv2d(channels, hidden, 1)
        self.key = nn.Conv2d(source, hidden, 1, bias=False)
        self.value = nn.Conv2d(source, hidden, 1)
        self.out = nn.Conv2d(hidden, channels, 1)
        zero_init(self.out, "identity")

    def forward(self, x_BCHW: Tensor, context_BDKL: Tensor) -> Tensor:
        q = to_tokens(self.query(x_BCHW))
        k, v = to_tokens(self.key(context_BDKL)), to_tokens(self.value(context_BDKL))
        y_B1ND = attend(q, k, v, scale=q.shape[-1] ** -0.5)
        residual_BCHW: Tensor = self.out(to_map(y_B1ND, *x_BCHW.shape[2:]))
        return x_BCHW + residual_BCHW

    def macs(self, height: int, width: int, context: tuple[int, int] | None = None) -> int:
        """Count the multiply-accumulates of one sample; the default context has half the size."""
        rows, columns = context or (max(height // 2, 1), max(width // 2, 1))
        positions, keys, hidden = height * width, rows * columns, self.query.out_channels
        linear = 2 * positions * self.query.weight.numel() + 2 * keys * self.key.weight.numel()
        return linear + 2 * positions * keys * hidden

"""Multi-head self-attention on a map (Vaswani et al., NeurIPS 2017, https://arxiv.org/abs/1706.03762, equation 1),
with relative positions as in Swin v2 (Liu et al., CVPR 2022, https://arxiv.org/abs/2111.09883, section 3.3) as an
option.

z = x + W_o concat(softmax(q k^T / sqrt(d) + bias) v), W_o from zero, so that z = x at the start. position="relative":
the bias of each head is a small perceptron of the log-spaced offset between two positions, which fits any map size.
Departures: keys and values have no biases, which the softmax and W_o's bias make redundant.
Raises ValueError unless the heads divide the channels.
"""

from functools import partial
from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.chunked_attention import attend_in_chunks
from ..layers.fused_attention import attend, to_map, to_tokens
from ..layers.gating import zero_init
from ..options import Choice

HIDDEN = 32
"""The hidden width of the perceptron of relative positions."""


class MultiHead(nn.Module):
    """Add to each position multi-head attention over all positions. x_BCHW -> BCHW."""

    def __init__(
        self,
        channels: int,
        *,
        heads: Annotated[int, Choice(1, 2, 4, 8)] = 4,
        position: Annotated[str, Choice("none", "relative")] = "none",
    ) -> None:
        super().__init__()
        if channels % heads:
            raise ValueError(f"multi_head: {heads} heads do not divide {channels} channels")
        self.heads, self.scale = heads, (channels // heads) ** -0.5
        self.query = nn.Conv2d(channels, channels, 1)
        self.key = nn.Conv2d(channels, channels, 1, bias=False)
        self.value = nn.Conv2d(channels, channels, 1, bias=False)
        self.out = nn.Conv2d(channels, channels, 1)
        zero_init(self.out, "identity")
        relative = nn.Sequential(nn.Linear(2, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, heads, bias=False))
        self.bias = relative if position == "relative" else None

    def forward(self, x_BCHW: Tensor) -> Tensor:
        height, width = x_BCHW.shape[2:]
        q, k, v = (to_tokens(project(x_BCHW), self.heads) for project in (self.query, self.key, self.value))
        if self.bias is None:
            y_BhND = attend(q, k, v, scale=self.scale)
        else:
            add_bias = partial(_add_bias, self._table(height, width, x_BCHW), (height, width))
            y_BhND = attend_in_chunks(q, k, v, scale=self.scale, score_function=add_bias)
        residual_BCHW: Tensor = self.out(to_map(y_BhND, height, width))
        return x_BCHW + residual_BCHW

    def _table(self, height: int, width: int, like: Tensor) -> Tensor:
        """Compute the bias of every offset from key to query, the largest first, (heads, 2H - 1, 2W - 1)."""
        assert self.bias is not None
        rows, columns = (torch.arange(size - 1, -size, -1, device=like.device) for size in (height, width))
        grid = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), -1).to(like.dtype)
        log_spaced = grid.sign() * torch.log2(1 + grid.abs()) / 3
        table_RLh: Tensor = self.bias(log_spaced)
        return table_RLh.permute(2, 0, 1)

    def macs(self, height: int, width: int) -> int:
        """Count the multiply-accumulates of one sample's convolutions, attention and bias."""
        positions, channels = height * width, self.query.in_channels
        offsets = (2 * height - 1) * (2 * width - 1)
        bias = offsets * HIDDEN * (2 + self.heads) if self.bias is not None else 0
        return positions * (4 * channels**2 + 2 * positions * channels) + bias


def _add_bias(table_hRL: Tensor, grid: tuple[int, int], scores_BhQN: Tensor, first: int) -> Tensor:
    """Add the biases to the scores of a chunk of queries that starts at query `first`.

    The biases of one query are a window of the table and those of the next query the adjacent window. Views of the
    table take less time and memory than indexing each pair.
    """
    (height, width), count = grid, scores_BhQN.shape[2]
    top, bottom = first // width, (first + count - 1) // width
    rows_hRL = table_hRL[:, height - 1 - bottom : 2 * height - 1 - top]
    windows_hQQHW = rows_hRL.unfold(1, height, 1).unfold(2, width, 1).flip(1, 2)
    biases_hQN = windows_hQQHW.reshape(len(table_hRL), -1, height * width)
    start = first - top * width
    return scores_BhQN + biases_hQN[:, start : start + count]

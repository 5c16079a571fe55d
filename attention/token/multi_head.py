"""Multi-head self-attention on a map (Vaswani et al., NeurIPS 2017, https://arxiv.org/abs/1706.03762, equation 1),
with relative positions as in Swin v2 (Liu et al., CVPR 2022, https://arxiv.org/abs/2111.09883, section 3.3) on request.

z = x + W_o concat(softmax(q k^T / sqrt(d) + bias) v), W_o from zero, so that z = x at the start. position="relative":
the bias of a head is a small perceptron of the log-spaced offset between two places, so that it fits any map's size.
Departures: keys and values have no biases, which the softmax and W_o's bias make idle.
Raises ValueError where the heads do not divide the channels.
"""

from functools import partial
from typing import Annotated

import torch
from torch import Tensor, nn

from ..layers.chunked_attention import attend_changed
from ..layers.fused_attention import attend, to_map, tokens
from ..layers.gating import silence
from ..options import Choice

HIDDEN = 32


class MultiHead(nn.Module):
    """Add to each place what all places hold, head by head. x_BCHW -> BCHW."""

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
        silence(self.out, "identity")
        relative = nn.Sequential(nn.Linear(2, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, heads, bias=False))
        self.bias = relative if position == "relative" else None

    def forward(self, x_BCHW: Tensor) -> Tensor:
        height, width = x_BCHW.shape[2:]
        q, k, v = (tokens(project(x_BCHW), self.heads) for project in (self.query, self.key, self.value))
        if self.bias is None:
            y_BhND = attend(q, k, v, scale=self.scale)
        else:
            biased = partial(_biased, self._table(height, width, x_BCHW), (height, width))
            y_BhND = attend_changed(q, k, v, scale=self.scale, change=biased)
        found_BCHW: Tensor = self.out(to_map(y_BhND, height, width))
        return x_BCHW + found_BCHW

    def _table(self, height: int, width: int, like: Tensor) -> Tensor:
        """The bias of every offset from key to query, the largest first, (heads, 2H - 1, 2W - 1)."""
        assert self.bias is not None
        rows, columns = (torch.arange(size - 1, -size, -1, device=like.device) for size in (height, width))
        grid = torch.stack(torch.meshgrid(rows, columns, indexing="ij"), -1).to(like.dtype)
        spaced = grid.sign() * torch.log2(1 + grid.abs()) / 3
        table_RLh: Tensor = self.bias(spaced)
        return table_RLh.permute(2, 0, 1)

    def macs(self, height: int, width: int) -> int:
        """Multiply-accumulates of one sample's convolutions, of the attention and of the bias."""
        places, channels = height * width, self.query.in_channels
        offsets = (2 * height - 1) * (2 * width - 1)
        bias = offsets * HIDDEN * (2 + self.heads) if self.bias is not None else 0
        return places * (4 * channels**2 + 2 * places * channels) + bias


def _biased(table_hRL: Tensor, grid: tuple[int, int], scores_BhQN: Tensor, first: int) -> Tensor:
    """Scores of a chunk of queries with their biases added.

    A query's biases are a window of the table, and the next query's is the window beside it: views, which take
    less time and memory than looking each pair up.
    """
    (height, width), count = grid, scores_BhQN.shape[2]
    top, bottom = first // width, (first + count - 1) // width
    rows_hRL = table_hRL[:, height - 1 - bottom : 2 * height - 1 - top]
    windows_hQQHW = rows_hRL.unfold(1, height, 1).unfold(2, width, 1).flip(1, 2)
    biases_hQN = windows_hQQHW.reshape(len(table_hRL), -1, height * width)
    start = first - top * width
    return scores_BhQN + biases_hQN[:, start : start + count]

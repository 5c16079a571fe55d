"""Attention whose scores are changed before the softmax, without the whole N x M matrix in memory.

The fused kernel takes no activation and no learned bias; here queries go in chunks, and each chunk's scores are
computed again in the backward. Memory falls from N x M to CHUNK x M, for the price of one more product.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

CHUNK = 512

Change = Callable[[Tensor, int], Tensor]


def attend_changed(q_BhND: Tensor, k_BhMD: Tensor, v_BhME: Tensor, *, scale: float, change: Change) -> Tensor:
    """softmax(change(scale q k^T, first query)) v, (B, heads, N, E); change keeps the scores' shape."""

    def chunk(q: Tensor, k: Tensor, v: Tensor, first: int) -> Tensor:
        scores = change(scale * q @ k.transpose(-2, -1), first)
        return torch.softmax(scores, -1) @ v

    starts = range(0, q_BhND.shape[2], CHUNK)
    if len(starts) == 1:
        return chunk(q_BhND, k_BhMD, v_BhME, 0)
    parts = [
        checkpoint(
            chunk,
            q_BhND[:, :, first : first + CHUNK],
            k_BhMD,
            v_BhME,
            first,
            use_reentrant=False,
            preserve_rng_state=False,
        )
        for first in starts
    ]
    return torch.cat(parts, 2)

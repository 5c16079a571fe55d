"""Attention whose scores are modified before the softmax, without the whole N x M matrix in memory.

The fused kernel supports neither an activation nor a learned bias on the scores. Here the queries are processed in
chunks, and each chunk's scores are recomputed in the backward pass: memory falls from N x M to CHUNK x M, at the
price of one more matrix product.
"""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

CHUNK = 512
"""How many queries are processed at once."""

ScoreFunction = Callable[[Tensor, int], Tensor]
"""Maps the scores of a chunk, (B, heads, Q, M), and the index of its first query to scores of the same shape."""


def attend_in_chunks(
    q_BhND: Tensor, k_BhMD: Tensor, v_BhME: Tensor, *, scale: float, score_function: ScoreFunction
) -> Tensor:
    """Compute softmax(score_function(scale q k^T, first query)) v, (B, heads, N, E), chunk by chunk."""

    def attend_chunk(q: Tensor, k: Tensor, v: Tensor, first: int) -> Tensor:
        scores = score_function(scale * q @ k.transpose(-2, -1), first)
        return torch.softmax(scores, -1) @ v

    starts = range(0, q_BhND.shape[2], CHUNK)
    if len(starts) == 1:
        return attend_chunk(q_BhND, k_BhMD, v_BhME, 0)
    chunks = [
        checkpoint(
            attend_chunk,
            q_BhND[:, :, first : first + CHUNK],
            k_BhMD,
            v_BhME,
            first,
            use_reentrant=False,
            preserve_rng_state=False,
        )
        for first in starts
    ]
    return torch.cat(chunks, 2)

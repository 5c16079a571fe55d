"""Splitting a batch into blocks that stay in a CPU's cache."""

import torch
from torch import Tensor

BLOCK_BYTES = 1 << 20
"""The size of one block: about a core's second-level cache."""


def batch_blocks(x_BCHW: Tensor) -> list[slice]:
    """Slice the batch into blocks of about a megabyte on a CPU; on other devices into one block."""
    if x_BCHW.device.type != "cpu":
        return [slice(None)]
    sample_bytes = x_BCHW.shape[1:].numel() * x_BCHW.element_size()
    samples = max(BLOCK_BYTES // max(sample_bytes, 1), 1)
    return [slice(first, first + samples) for first in range(0, len(x_BCHW), samples)]


def empty_block(x_BCHW: Tensor) -> Tensor:
    """Allocate an uninitialized tensor of the shape of one block of x."""
    return torch.empty_like(x_BCHW[batch_blocks(x_BCHW)[0]])


def is_tracing() -> bool:
    """Tell whether torch is tracing a graph, where the plain operations run faster."""
    return torch.compiler.is_compiling()


def empty_like_strided(x_BCHW: Tensor) -> Tensor:
    """Allocate an uninitialized map with exactly the strides of x, at batch size 1 too.

    `empty_like` may choose other strides there, and a later convolution chooses its kernel by them.
    """
    is_dense = x_BCHW.is_contiguous() or x_BCHW.is_contiguous(memory_format=torch.channels_last)
    if not is_dense:
        return torch.empty_like(x_BCHW)
    return torch.empty_strided(x_BCHW.shape, x_BCHW.stride(), dtype=x_BCHW.dtype, device=x_BCHW.device)

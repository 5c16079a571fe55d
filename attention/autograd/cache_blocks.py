"""Going through a batch in pieces that stay in a CPU's cache."""

import torch
from torch import Tensor

BYTES = 1 << 20


def blocks(x_BCHW: Tensor) -> list[slice]:
    """Slices of the batch of about a megabyte each on a CPU; elsewhere the whole batch at once."""
    if x_BCHW.device.type != "cpu":
        return [slice(None)]
    sample = x_BCHW.shape[1:].numel() * x_BCHW.element_size()
    samples = max(BYTES // max(sample, 1), 1)
    return [slice(first, first + samples) for first in range(0, len(x_BCHW), samples)]


def scratch(x_BCHW: Tensor) -> Tensor:
    """Room for one block of x."""
    return torch.empty_like(x_BCHW[blocks(x_BCHW)[0]])


def traced() -> bool:
    """Whether torch is tracing a graph, in which plain operations serve better."""
    return torch.compiler.is_compiling()


def room_like(x_BCHW: Tensor) -> Tensor:
    """An empty map with the very strides of x, batch 1 included: a convolution after it chooses its kernel by them."""
    dense = x_BCHW.is_contiguous() or x_BCHW.is_contiguous(memory_format=torch.channels_last)
    if not dense:
        return torch.empty_like(x_BCHW)
    return torch.empty_strided(x_BCHW.shape, x_BCHW.stride(), dtype=x_BCHW.dtype, device=x_BCHW.device)

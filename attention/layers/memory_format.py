"""Restoring the input's memory format after an operation that loses it."""

import torch
from torch import Tensor


def match_memory_format(y_BCHW: Tensor, x_BCHW: Tensor) -> Tensor:
    """Return y in the memory format of x: channels last if x is that and not also contiguous."""
    last = x_BCHW.is_contiguous(memory_format=torch.channels_last) and not x_BCHW.is_contiguous()
    return y_BCHW.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)

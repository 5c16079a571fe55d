"""Keeping the input's memory format where an operation does not."""

import torch
from torch import Tensor


def laid_out_like(y_BCHW: Tensor, x_BCHW: Tensor) -> Tensor:
    """y in x's memory format: channels last if x is that and not plainly contiguous."""
    last = x_BCHW.is_contiguous(memory_format=torch.channels_last) and not x_BCHW.is_contiguous()
    return y_BCHW.contiguous(memory_format=torch.channels_last if last else torch.contiguous_format)

"""The two gates of scSE, shared by the module that fuses the gates and the one that fuses the gated maps."""

import torch
from torch import Tensor, nn

from ..autograd.gate_fusion import pool_and_project
from ..options import hidden_width
from .bottleneck import Bottleneck
from .gating import zero_init


def build_scse_gates(
    channels: int, *, reduction: int, min_hidden: int, kernel_size: int, start: str
) -> tuple[Bottleneck, nn.Conv2d]:
    """Build the perceptron of the channel gate and the convolution of the spatial gate."""
    mlp = Bottleneck(channels, hidden_width(channels, reduction, min_hidden), start=start)
    conv = nn.Conv2d(channels, 1, kernel_size, padding=kernel_size // 2)
    zero_init(conv, start)
    return mlp, conv


def compute_scse_gates(
    mlp: Bottleneck, conv: nn.Conv2d, x_BCHW: Tensor, scale: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Read the map once: return x for the fusing function, scale * c (B, C, 1, 1) and scale * s (B, 1, H, W)."""
    assert conv.bias is not None
    same_BCHW, mean_BC, logits_B1HW = pool_and_project(x_BCHW, conv.weight)
    c_BC = torch.sigmoid(mlp(mean_BC)) * scale
    s_B1HW = torch.sigmoid(logits_B1HW + conv.bias) * scale
    return same_BCHW, c_BC[..., None, None].to(x_BCHW.dtype), s_B1HW.to(x_BCHW.dtype)

"""A convolution to one channel whose input gradient is itself computed as a convolution.

On a CPU torch's own input gradient of a convolution with one output channel takes about ten times as long as the
convolution. Computed as a convolution with the kernel rotated by 180 degrees, it takes about as long.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from .cache_blocks import is_tracing


def input_gradient(gradient_B1HW: Tensor, weight_1CKK: Tensor) -> Tensor:
    """Compute the gradient of a same-size convolution's input, (B, C, H, W), from that of its output."""
    kernel_C1KK = weight_1CKK.flip(2, 3).transpose(0, 1).to(gradient_B1HW.dtype)
    return functional.conv2d(gradient_B1HW, kernel_C1KK, padding=weight_1CKK.shape[2] // 2)


def weight_gradient(gradient_B1HW: Tensor, x_BCHW: Tensor, weight_1CKK: Tensor) -> Tensor:
    """Compute the gradient of the kernel, (1, C, K, K)."""
    padding = weight_1CKK.shape[2] // 2
    gradient_1CKK: Tensor = torch.ops.aten.convolution_backward(
        gradient_B1HW,
        x_BCHW.to(gradient_B1HW.dtype),
        weight_1CKK.to(gradient_B1HW.dtype),
        None,
        [1, 1],
        [padding, padding],
        [1, 1],
        False,
        [0, 0],
        1,
        [False, True, False],
    )[1]
    return gradient_1CKK.to(weight_1CKK.dtype)


class _ToOneChannel(Function):
    """Convolve to one channel; the backward uses `input_gradient`."""

    @staticmethod
    def forward(ctx: Any, x_BCHW: Tensor, weight_1CKK: Tensor) -> Tensor:
        ctx.save_for_backward(x_BCHW, weight_1CKK)
        return functional.conv2d(x_BCHW, weight_1CKK, padding=weight_1CKK.shape[2] // 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_B1HW: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x_BCHW, weight_1CKK = ctx.saved_tensors
        needs_x, needs_weight = ctx.needs_input_grad
        return (
            input_gradient(gradient_B1HW, weight_1CKK).to(x_BCHW.dtype) if needs_x else None,
            weight_gradient(gradient_B1HW, x_BCHW, weight_1CKK) if needs_weight else None,
        )


_convolve = cast(Callable[[Tensor, Tensor], Tensor], _ToOneChannel.apply)


def to_one_channel(convolution: nn.Conv2d, x_BCHW: Tensor) -> Tensor:
    """Apply a same-size convolution with one output channel, (B, C, H, W) -> (B, 1, H, W)."""
    if is_tracing():
        plain_B1HW: Tensor = convolution(x_BCHW)
        return plain_B1HW
    logits_B1HW = _convolve(x_BCHW, convolution.weight)
    return logits_B1HW if convolution.bias is None else logits_B1HW + convolution.bias

"""A convolution to one channel whose input gradient is itself computed as a convolution.

On a CPU torch's own input gradient of a convolution with one output channel takes about ten times as long as
the convolution; the gradient is a convolution with the kernel turned by half, which takes as long as any.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from .cache_blocks import traced


def turned(gradient_B1HW: Tensor, weight_1CKK: Tensor) -> Tensor:
    """The gradient of a same-size convolution's input, (B, C, H, W), from that of its output."""
    kernel_C1KK = weight_1CKK.flip(2, 3).transpose(0, 1).to(gradient_B1HW.dtype)
    return functional.conv2d(gradient_B1HW, kernel_C1KK, padding=weight_1CKK.shape[2] // 2)


def weight_gradient(gradient_B1HW: Tensor, x_BCHW: Tensor, weight_1CKK: Tensor) -> Tensor:
    """The gradient of the kernel, (1, C, K, K)."""
    around = weight_1CKK.shape[2] // 2
    found: Tensor = torch.ops.aten.convolution_backward(
        gradient_B1HW,
        x_BCHW.to(gradient_B1HW.dtype),
        weight_1CKK.to(gradient_B1HW.dtype),
        None,
        [1, 1],
        [around, around],
        [1, 1],
        False,
        [0, 0],
        1,
        [False, True, False],
    )[1]
    return found.to(weight_1CKK.dtype)


class _ToOne(Function):
    @staticmethod
    def forward(ctx: Any, x_BCHW: Tensor, weight_1CKK: Tensor) -> Tensor:
        ctx.save_for_backward(x_BCHW, weight_1CKK)
        return functional.conv2d(x_BCHW, weight_1CKK, padding=weight_1CKK.shape[2] // 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient_B1HW: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x_BCHW, weight_1CKK = ctx.saved_tensors
        wanted_x, wanted_weight = ctx.needs_input_grad
        return (
            turned(gradient_B1HW, weight_1CKK).to(x_BCHW.dtype) if wanted_x else None,
            weight_gradient(gradient_B1HW, x_BCHW, weight_1CKK) if wanted_weight else None,
        )


_to_one = cast(Callable[[Tensor, Tensor], Tensor], _ToOne.apply)


def to_one_channel(convolution: nn.Conv2d, x_BCHW: Tensor) -> Tensor:
    """What the same-size convolution to one channel gives, (B, 1, H, W)."""
    if traced():
        plain_B1HW: Tensor = convolution(x_BCHW)
        return plain_B1HW
    logits_B1HW = _to_one(x_BCHW, convolution.weight)
    return logits_B1HW if convolution.bias is None else logits_B1HW + convolution.bias

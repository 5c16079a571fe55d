"""The fused forms of scSE: read the map once, apply two gates without saving the fused gate.

x is the map (B, C, H, W), c the channel gate (B, C, 1, 1), s the spatial gate (B, 1, H, W).
"""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable
from torch.nn import functional

from .cache_blocks import batch_blocks, empty_block, empty_like_strided
from .convolution import input_gradient, weight_gradient


class _PoolAndProject(Function):
    """Map x to the same x for the next function, its mean over positions (B, C), its convolution (B, 1, H, W)."""

    @staticmethod
    def forward(ctx: Any, x_BCHW: Tensor, weight_1CKK: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        ctx.save_for_backward(x_BCHW, weight_1CKK)
        logits_B1HW = functional.conv2d(x_BCHW, weight_1CKK, padding=weight_1CKK.shape[2] // 2)
        return torch.ops.aten.alias(x_BCHW), x_BCHW.mean((2, 3)), logits_B1HW

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_BCHW: Tensor, g_mean_BC: Tensor, g_B1HW: Tensor) -> tuple[Tensor, Tensor]:
        x_BCHW, weight_1CKK = ctx.saved_tensors
        each = (g_mean_BC / (x_BCHW.shape[2] * x_BCHW.shape[3]))[..., None, None]
        pointwise = weight_1CKK.shape[2] == 1
        for part in batch_blocks(x_BCHW):
            g_BCHW[part].add_(each[part])
            if pointwise:
                g_BCHW[part].addcmul_(weight_1CKK, g_B1HW[part])
            else:
                g_BCHW[part].add_(input_gradient(g_B1HW[part], weight_1CKK))
        return g_BCHW, weight_gradient(g_B1HW, x_BCHW, weight_1CKK)


def _scale_by_fused_gate(fuse: Any, ctx: Any, x_BCHW: Tensor, c_BC11: Tensor, s_B1HW: Tensor) -> Tensor:
    """Compute x fuse(c, s) block by block; `fuse` is a binary torch function with an `out` argument."""
    ctx.save_for_backward(x_BCHW, c_BC11, s_B1HW)
    y_BCHW = empty_like_strided(x_BCHW)
    for part in batch_blocks(x_BCHW):
        fuse(c_BC11[part], s_B1HW[part], out=y_BCHW[part])
        y_BCHW[part].mul_(x_BCHW[part])
    return y_BCHW


def _empty_gradients(x_BCHW: Tensor, c_BC11: Tensor, s_B1HW: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Allocate the gradients of x, c and s."""
    return empty_like_strided(x_BCHW), torch.empty_like(c_BC11), torch.empty_like(s_B1HW)


class _AddGates(Function):
    """Compute x (c + s)."""

    @staticmethod
    def forward(ctx: Any, x_BCHW: Tensor, c_BC11: Tensor, s_B1HW: Tensor) -> Tensor:
        return _scale_by_fused_gate(torch.add, ctx, x_BCHW, c_BC11, s_B1HW)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_BCHW: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x_BCHW, c_BC11, s_B1HW = ctx.saved_tensors
        g_x_BCHW, g_c, g_s = _empty_gradients(x_BCHW, c_BC11, s_B1HW)
        for part in batch_blocks(x_BCHW):
            work = torch.mul(x_BCHW[part], g_BCHW[part], out=g_x_BCHW[part])
            torch.sum(work, (2, 3), keepdim=True, out=g_c[part])
            torch.sum(work, 1, keepdim=True, out=g_s[part])
            torch.add(c_BC11[part], s_B1HW[part], out=work)
            work.mul_(g_BCHW[part])
        return g_x_BCHW, g_c, g_s


def _split_gradient(both_BCHW: Tensor, sign_BCHW: Tensor, g_c_BC11: Tensor, g_s_B1HW: Tensor) -> None:
    """Send each element's gradient to c where sign is 1, to s where it is -1, and half to each where it is 0.

    Signs are used because `heaviside` takes 16 times as long on a CPU. Overwrites `sign`.
    """
    signed = sign_BCHW.mul_(both_BCHW)
    torch.sum(both_BCHW, (2, 3), keepdim=True, out=g_c_BC11)
    torch.sum(both_BCHW, 1, keepdim=True, out=g_s_B1HW)
    g_c_BC11.add_(signed.sum((2, 3), keepdim=True)).mul_(0.5)
    g_s_B1HW.sub_(signed.sum(1, keepdim=True)).mul_(0.5)


class _MaxGates(Function):
    """Compute x max(c, s); equal gates share the gradient equally, as in torch's `maximum`."""

    @staticmethod
    def forward(ctx: Any, x_BCHW: Tensor, c_BC11: Tensor, s_B1HW: Tensor) -> Tensor:
        return _scale_by_fused_gate(torch.maximum, ctx, x_BCHW, c_BC11, s_B1HW)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_BCHW: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x_BCHW, c_BC11, s_B1HW = ctx.saved_tensors
        g_x_BCHW, g_c, g_s = _empty_gradients(x_BCHW, c_BC11, s_B1HW)
        room = empty_block(x_BCHW)
        for part in batch_blocks(x_BCHW):
            c, s, work = c_BC11[part], s_B1HW[part], g_x_BCHW[part]
            ahead = torch.sub(c, s, out=room[: len(work)])
            _split_gradient(
                torch.mul(x_BCHW[part], g_BCHW[part], out=work), ahead.sign_(), g_c[part], g_s[part]
            )
            torch.maximum(c, s, out=work)
            work.mul_(g_BCHW[part])
        return g_x_BCHW, g_c, g_s


class _MaxOutputs(Function):
    """Compute max(x c, x s); equal outputs share the gradient equally, as in torch's `maximum`."""

    @staticmethod
    def forward(ctx: Any, x_BCHW: Tensor, c_BC11: Tensor, s_B1HW: Tensor) -> Tensor:
        ctx.save_for_backward(x_BCHW, c_BC11, s_B1HW)
        y_BCHW, room = empty_like_strided(x_BCHW), empty_block(x_BCHW)
        for part in batch_blocks(x_BCHW):
            work = torch.mul(x_BCHW[part], s_B1HW[part], out=y_BCHW[part])
            torch.maximum(work, torch.mul(x_BCHW[part], c_BC11[part], out=room[: len(work)]), out=work)
        return y_BCHW

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_BCHW: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        x_BCHW, c_BC11, s_B1HW = ctx.saved_tensors
        g_x_BCHW, g_c, g_s = _empty_gradients(x_BCHW, c_BC11, s_B1HW)
        room, more = empty_block(x_BCHW), empty_block(x_BCHW)
        for part in batch_blocks(x_BCHW):
            x, c, s, work = x_BCHW[part], c_BC11[part] / 2, s_B1HW[part] / 2, g_x_BCHW[part]
            ahead = torch.sub(c, s, out=work)
            sign = torch.mul(ahead, x, out=room[: len(work)]).sign_()
            work.mul_(sign).add_(s).add_(c).mul_(g_BCHW[part])
            _split_gradient(torch.mul(x, g_BCHW[part], out=more[: len(work)]), sign, g_c[part], g_s[part])
        return g_x_BCHW, g_c, g_s


pool_and_project = cast(Callable[[Tensor, Tensor], tuple[Tensor, Tensor, Tensor]], _PoolAndProject.apply)
add_gates = cast(Callable[[Tensor, Tensor, Tensor], Tensor], _AddGates.apply)
max_gates = cast(Callable[[Tensor, Tensor, Tensor], Tensor], _MaxGates.apply)
max_outputs = cast(Callable[[Tensor, Tensor, Tensor], Tensor], _MaxOutputs.apply)

"""CBAM in three functions: pool over positions, scale and pool over channels, scale the positions.

Only one map is saved for the backward pass, the input; x c is recomputed there. The gradient of the maximum is shared
among ties, as in torch's `amax`.
"""

from collections.abc import Callable
from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from .cache_blocks import batch_blocks, empty_block, empty_like_strided


class _PoolPositions(Function):
    """Map x to the same x for the next function, and its mean and maximum over positions, (B, C) each."""

    @staticmethod
    def forward(ctx: Any, x_BCHW: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        mean_BC, top_BC = x_BCHW.mean((2, 3)), x_BCHW.amax((2, 3))
        ctx.save_for_backward(x_BCHW, top_BC)
        return torch.ops.aten.alias(x_BCHW), mean_BC, top_BC

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_BCHW: Tensor, g_mean_BC: Tensor, g_top_BC: Tensor) -> Tensor:
        x_BCHW, top_BC = ctx.saved_tensors
        each = (g_mean_BC / (x_BCHW.shape[2] * x_BCHW.shape[3]))[..., None, None]
        top, is_top = top_BC[..., None, None], empty_block(x_BCHW)
        for part in batch_blocks(x_BCHW):
            where = is_top[: len(x_BCHW[part])]
            torch.eq(x_BCHW[part], top[part], out=where)
            share = (g_top_BC[part] / where.sum((2, 3)))[..., None, None]
            g_BCHW[part].add_(each[part]).addcmul_(where, share)
        return g_BCHW


class _ScaleAndPool(Function):
    """Map x, c to x c for the next function, and its maximum and mean over channels, (B, 2, H, W)."""

    @staticmethod
    def forward(ctx: Any, x_BCHW: Tensor, c_BC11: Tensor) -> tuple[Tensor, Tensor]:
        y_BCHW = empty_like_strided(x_BCHW)
        maps_B2HW = x_BCHW.new_empty(len(x_BCHW), 2, *x_BCHW.shape[2:])
        for part in batch_blocks(x_BCHW):
            torch.mul(x_BCHW[part], c_BC11[part], out=y_BCHW[part])
            torch.amax(y_BCHW[part], 1, keepdim=True, out=maps_B2HW[part, :1])
            torch.mean(y_BCHW[part], 1, keepdim=True, out=maps_B2HW[part, 1:])
        ctx.save_for_backward(x_BCHW, c_BC11, maps_B2HW)
        return y_BCHW, maps_B2HW

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_BCHW: Tensor, g_maps_B2HW: Tensor) -> tuple[Tensor, Tensor]:
        x_BCHW, c_BC11, maps_B2HW = ctx.saved_tensors
        g_c_BC11, room = torch.empty_like(c_BC11), empty_block(x_BCHW)
        each = g_maps_B2HW[:, 1:] / x_BCHW.shape[1]
        for part in batch_blocks(x_BCHW):
            x, g, work = x_BCHW[part], g_BCHW[part], room[: len(x_BCHW[part])]
            torch.mul(x, c_BC11[part], out=work)
            torch.eq(work, maps_B2HW[part, :1], out=work)
            g.add_(each[part]).addcmul_(work, g_maps_B2HW[part, :1] / work.sum(1, keepdim=True))
            torch.sum(torch.mul(g, x, out=work), (2, 3), keepdim=True, out=g_c_BC11[part])
            g.mul_(c_BC11[part])
        return g_BCHW, g_c_BC11


class _ScalePositions(Function):
    """Multiply y = x c by s in place. x and c are passed again, so that y need not be saved."""

    @staticmethod
    def forward(ctx: Any, y_BCHW: Tensor, s_B1HW: Tensor, x_BCHW: Tensor, c_BC11: Tensor) -> Tensor:
        ctx.save_for_backward(s_B1HW, x_BCHW, c_BC11)
        ctx.mark_dirty(y_BCHW)
        return y_BCHW.mul_(s_B1HW)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, g_BCHW: Tensor) -> tuple[Tensor, Tensor, None, None]:
        s_B1HW, x_BCHW, c_BC11 = ctx.saved_tensors
        g_y_BCHW, g_s_B1HW = empty_like_strided(x_BCHW), torch.empty_like(s_B1HW)
        for part in batch_blocks(x_BCHW):
            work = torch.mul(x_BCHW[part], g_BCHW[part], out=g_y_BCHW[part])
            summed_B1N = c_BC11[part].flatten(1)[:, None] @ work.flatten(2)
            g_s_B1HW[part] = summed_B1N.reshape(g_s_B1HW[part].shape)
            torch.mul(g_BCHW[part], s_B1HW[part], out=work)
        return g_y_BCHW, g_s_B1HW, None, None


pool_positions = cast(Callable[[Tensor], tuple[Tensor, Tensor, Tensor]], _PoolPositions.apply)
scale_and_pool = cast(Callable[[Tensor, Tensor], tuple[Tensor, Tensor]], _ScaleAndPool.apply)
scale_positions = cast(Callable[[Tensor, Tensor, Tensor, Tensor], Tensor], _ScalePositions.apply)

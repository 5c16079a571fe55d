"""CBAM's three functions in a chain against autograd's own gradients, in one block and in several."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from attention.autograd.pooling import pool_positions, scale_and_pool, scale_positions

from ..oracles import agree, example


def fused(x: Tensor, weight: Tensor) -> Tensor:
    """Compute the chain with the functions under test."""
    same, mean, top = pool_positions(x)
    c = torch.sigmoid(mean + top)[..., None, None]
    y, maps = scale_and_pool(same, c)
    s = torch.sigmoid(functional.conv2d(maps, weight, padding=1))
    return scale_positions(y, s, x.detach(), c.detach())


def plain(x: Tensor, weight: Tensor) -> Tensor:
    """Compute the same with torch's functions."""
    y = x * torch.sigmoid(x.mean((2, 3)) + x.amax((2, 3)))[..., None, None]
    maps = torch.stack([y.amax(1), y.mean(1)], 1)
    return y * torch.sigmoid(functional.conv2d(maps, weight, padding=1))


@pytest.mark.parametrize("block_bytes", [1, 1 << 20])
def test_the_chain_is_the_plain_form(block_bytes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("attention.autograd.cache_blocks.BLOCK_BYTES", block_bytes)
    agree(fused, plain, example(3, 4), example(1, 2, 3, 3))


def test_ties_share_the_gradient_of_the_maximum() -> None:
    agree(fused, plain, torch.ones(2, 4, 3, 3).double(), example(1, 2, 3, 3))


def test_the_pools_are_maximum_and_mean() -> None:
    x = torch.tensor([[1.0, 2.0], [6.0, 3.0]]).reshape(1, 1, 2, 2)
    _, mean, top = pool_positions(x)
    assert (mean.item(), top.item()) == (3.0, 6.0)
    _, maps = scale_and_pool(torch.cat([x, -x], 1), torch.tensor([1.0, 2.0]).reshape(1, 2, 1, 1))
    assert maps[0, 0].tolist() == [[1, 2], [6, 3]]
    assert maps[0, 1].tolist() == [[-0.5, -1], [-3, -1.5]]

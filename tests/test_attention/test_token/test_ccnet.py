"""Criss-cross attention against masked dense attention."""

import pytest
import torch
from torch import Tensor, nn

from attention.token.ccnet import Ccnet

from ..oracles import agree, example, ours


def flat(module: nn.Module, part: str, x: Tensor) -> Tensor:
    """A projection of a map, (B, D, N)."""
    y: Tensor = module.get_submodule(part)(x)
    return y.flatten(2)


@pytest.mark.parametrize("recurrence", [1, 2])
def test_criss_cross_attention_is_dense_attention_with_a_cross_for_a_mask(recurrence: int) -> None:
    module = ours(lambda: Ccnet(16, recurrence=recurrence))
    row, column = torch.arange(20) // 5, torch.arange(20) % 5
    outside = (row[:, None] != row) & (column[:, None] != column)

    def plain(x: Tensor) -> Tensor:
        for _ in range(recurrence):
            scores = torch.einsum("bdi,bdj->bij", flat(module, "query", x), flat(module, "key", x))
            weights = torch.softmax(scores.masked_fill(outside, float("-inf")), 2)
            seen = torch.einsum("bij,bdj->bdi", weights, flat(module, "value", x))
            x = x + module.get_parameter("gamma") * seen.reshape(x.shape)
        return x

    agree(module, plain, example(2, 16, 4, 5))

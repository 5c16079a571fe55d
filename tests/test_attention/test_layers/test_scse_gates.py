"""The gates of scSE against their formulas."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from attention.layers.scse_gates import build_scse_gates, compute_scse_gates

from ..oracles import agree, example, ours


@pytest.mark.parametrize("kernel_size", [1, 3])
def test_both_gates_are_scaled_sigmoids_of_their_logits(kernel_size: int) -> None:
    mlp, conv = build_scse_gates(8, reduction=2, min_hidden=4, kernel_size=kernel_size, start="paper")
    ours(lambda: mlp), ours(lambda: conv)
    assert conv.bias is not None
    bias = conv.bias

    def fused(x: Tensor) -> Tensor:
        same, c, s = compute_scse_gates(mlp, conv, x, 2.0)
        return same * c + s.expand_as(same)

    def plain(x: Tensor) -> Tensor:
        c = 2 / (1 + torch.exp(-mlp(x.mean((2, 3)))))
        s = 2 / (1 + torch.exp(-functional.conv2d(x, conv.weight, bias, padding=kernel_size // 2)))
        return x * c[..., None, None] + s.expand_as(x)

    agree(fused, plain, example(2, 8))


def test_an_identity_start_zeroes_the_last_layer_of_both_gates() -> None:
    mlp, conv = build_scse_gates(8, reduction=2, min_hidden=4, kernel_size=3, start="identity")
    assert isinstance(conv, nn.Conv2d)
    assert (mlp.reduce.out_features, conv.kernel_size, conv.padding) == (4, (3, 3), (1, 1))
    assert not any(p.any() for layer in (mlp.expand, conv) for p in layer.parameters())

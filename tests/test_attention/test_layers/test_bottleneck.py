"""The two-layer perceptron against its formula."""

import torch
from torch import Tensor

from attention.layers.bottleneck import Bottleneck
from attention.macs import count_macs

from ..oracles import agree, example, ours


def test_the_bottleneck_is_its_formula() -> None:
    module = ours(lambda: Bottleneck(8, 3))
    p = dict(module.state_dict())

    def plain(z: Tensor) -> Tensor:
        hidden = (torch.einsum("bc,dc->bd", z, p["reduce.weight"]) + p["reduce.bias"]).clamp(min=0)
        logits: Tensor = torch.einsum("bd,cd->bc", hidden, p["expand.weight"]) + p["expand.bias"]
        return logits

    agree(module, plain, example(4, 8).mean((2, 3)))


def test_an_identity_start_returns_zero_logits() -> None:
    z = torch.rand(4, 8)
    assert not Bottleneck(8, 3)(z).any()
    assert Bottleneck(8, 3, start="paper")(z).any()


def test_the_bottleneck_has_biases_only_where_asked() -> None:
    assert sum(p.numel() for p in Bottleneck(8, 3).parameters()) == 2 * 8 * 3 + 3 + 8
    assert sum(p.numel() for p in Bottleneck(8, 3, bias=False).parameters()) == 2 * 8 * 3


def test_the_declared_macs_are_those_that_torch_counts() -> None:
    assert Bottleneck(8, 3).macs() == count_macs(Bottleneck(8, 3), (torch.rand(1, 8),)) == 48

"""Pyramid squeeze attention against its formula."""

import pytest
import torch
from torch import Tensor, nn

from attention.branch.pyramid import Pyramid

from ..oracles import agree, example, ours


def test_the_pyramid_is_its_formula() -> None:
    module = ours(lambda: Pyramid(32))
    mlp = module.get_submodule("mlp")

    def plain(x: Tensor) -> Tensor:
        maps = [module.get_submodule(f"branches.{i}")(x) for i in range(4)]
        gates = torch.stack([torch.sigmoid(mlp(m.flatten(2).mean(2))) for m in maps])
        weights = torch.exp(gates) / torch.exp(gates).sum(0)
        return torch.cat([m * w[..., None, None] for m, w in zip(maps, weights, strict=True)], 1)

    agree(module, plain, example(2, 32))
    assert [b.groups for b in module.get_submodule("branches").children() if isinstance(b, nn.Conv2d)] == [
        1,
        4,
        8,
        8,
    ]


def test_channels_that_four_does_not_divide_are_refused() -> None:
    with pytest.raises(ValueError, match="pyramid: 4 does not divide 6 channels"):
        Pyramid(6)

"""Normalization-based attention against its formula."""

import pytest
import torch
from torch import Tensor

from attention.channel_spatial.nam import Nam

from ..oracles import agree, example, ours


@pytest.mark.parametrize("training", [False, True])
def test_nam_is_its_formula(training: bool) -> None:
    module = ours(lambda: Nam(16, start="paper")).train(training)
    norm = module.get_submodule("norm")

    def plain(x: Tensor) -> Tensor:
        gamma = module.get_parameter("norm.weight")
        share = gamma.abs() / gamma.abs().sum()
        return x * torch.sigmoid(norm(x) * share[:, None, None])

    agree(module, plain, example(2, 16))

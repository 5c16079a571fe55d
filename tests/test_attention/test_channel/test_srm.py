"""Style-based recalibration against its formula."""

import pytest
import torch
from torch import Tensor

from attention.channel.srm import Srm

from ..oracles import agree, example, ours


@pytest.mark.parametrize("training", [False, True])
def test_srm_is_its_formula(training: bool) -> None:
    module = ours(lambda: Srm(32)).train(training)
    weight, norm = module.get_parameter("weight"), module.get_submodule("norm")

    def plain(x: Tensor) -> Tensor:
        mean = x.flatten(2).mean(2)
        deviation = ((x.flatten(2) - mean[..., None]).square().mean(2) + 1e-5).sqrt()
        z = norm((torch.stack([mean, deviation], 2) * weight).sum(2))
        return x * 2 * torch.sigmoid(z)[..., None, None]

    agree(module, plain, example(4))

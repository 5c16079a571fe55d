"""BAM against its formula."""

import pytest
import torch
from torch import Tensor, nn

from attention.channel_spatial.bam import Bam

from ..oracles import agree, example, ours


@pytest.mark.parametrize("training", [False, True])
def test_bam_is_its_formula(training: bool) -> None:
    module = ours(lambda: Bam(32, dilation=2)).train(training)
    channel, spatial = module.get_submodule("channel"), module.get_submodule("spatial")

    def plain(x: Tensor) -> Tensor:
        c = channel(x.flatten(2).mean(2)).reshape(4, 32, 1, 1).expand_as(x)
        return x * (1 + torch.sigmoid(c + spatial(x).expand_as(x))) / 1.5

    agree(module, plain, example(4))
    assert [m.dilation for m in spatial.children() if isinstance(m, nn.Conv2d)] == [
        (1, 1),
        (2, 2),
        (2, 2),
        (1, 1),
    ]

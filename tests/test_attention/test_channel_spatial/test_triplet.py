"""Triplet attention against its formula."""

import pytest
import torch
from torch import Tensor

from attention.channel_spatial.triplet import Triplet

from ..oracles import agree, example, ours


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("spatial", [False, True])
def test_triplet_attention_rotates_as_its_paper_does(training: bool, spatial: bool) -> None:
    module = ours(lambda: Triplet(16, kernel_size=3, spatial=spatial, start="paper")).train(training)

    def gated(branch: str, x: Tensor) -> Tensor:
        pools = torch.stack([x.max(1).values, x.mean(1)], 1)
        return x * torch.sigmoid(module.get_submodule(branch)(pools))

    def plain(x: Tensor) -> Tensor:
        turned_h = gated("over_height", x.permute(0, 2, 1, 3)).permute(0, 2, 1, 3)
        turned_w = gated("over_width", x.permute(0, 3, 2, 1)).permute(0, 3, 2, 1)
        outputs = [turned_h, turned_w, *([gated("over_channels", x)] if spatial else [])]
        return torch.stack(outputs).mean(0)

    agree(module, plain, example(2, 16))

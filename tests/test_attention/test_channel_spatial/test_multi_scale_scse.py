"""scSE at several scales against its definition."""

import pytest
import torch
from torch import Tensor, nn

from attention.channel_spatial.multi_scale_scse import MultiScaleScse

from ..oracles import agree, example, ours


@pytest.mark.parametrize("scales", ["1-2", "1-2-4", "2-4"])
@pytest.mark.parametrize("shared", [False, True])
def test_multi_scale_scse_pools_before_it_convolves(scales: str, shared: bool) -> None:
    """By its definition the windows are averaged first; ours convolves first."""
    module = ours(lambda: MultiScaleScse(16, scales=scales, shared=shared))
    weight, bias = (module.get_parameter(f"conv.{kind}") for kind in ("weight", "bias"))

    def plain(x: Tensor) -> Tensor:
        logits = []
        for i, scale in enumerate(map(int, scales.split("-"))):
            row = 0 if shared else i
            pooled = nn.functional.avg_pool2d(x, scale, ceil_mode=True)
            one = nn.functional.conv2d(pooled, weight[row : row + 1], bias[row : row + 1])
            logits.append(one.repeat_interleave(scale, 2).repeat_interleave(scale, 3)[:, :, :7, :9])
        c = torch.sigmoid(module.get_submodule("mlp")(x.mean((2, 3))))[..., None, None]
        return x * (c + torch.sigmoid(torch.stack(logits).mean(0)))

    agree(module, plain, example(2, 16))

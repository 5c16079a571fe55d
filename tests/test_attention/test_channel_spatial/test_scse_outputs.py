"""scSE with fused maps against its formula."""

import pytest
import torch
from torch import Tensor

from attention.channel_spatial.scse_outputs import ScseOutputs

from ..oracles import agree, example, ours


@pytest.mark.parametrize("fusion", ["max", "mul", "concat"])
@pytest.mark.parametrize("start", ["identity", "paper"])
def test_scse_of_outputs_fuses_maps_and_differs_where_x_is_negative(fusion: str, start: str) -> None:
    module = ours(lambda: ScseOutputs(32, kernel_size=3, fusion=fusion, start=start))
    part = module.get_submodule
    scale = 2 if (fusion, start) == ("max", "identity") else 1

    def plain(x: Tensor) -> Tensor:
        c = scale * x * torch.sigmoid(part("mlp")(x.flatten(2).mean(2)))[..., None, None]
        s = scale * x * torch.sigmoid(part("conv")(x))
        if fusion == "concat":
            both: Tensor = part("mix")(torch.cat([c, s], 1))
            return both + x if start == "identity" else both
        return torch.where(c > s, c, s) if fusion == "max" else c * s

    agree(module, plain, example())

"""Global attention mechanism against its formula."""

import torch
from torch import Tensor

from attention.channel_spatial.gam import Gam

from ..oracles import agree, example, ours


def test_gam_is_its_formula() -> None:
    module = ours(lambda: Gam(16, kernel_size=3, start="paper")).eval()
    p = dict(module.named_parameters())

    def plain(x: Tensor) -> Tensor:
        places = x.permute(0, 2, 3, 1)
        hidden = torch.relu(places @ p["reduce.weight"][:, :, 0, 0].T + p["reduce.bias"])
        gate = torch.sigmoid(hidden @ p["expand.weight"][:, :, 0, 0].T + p["expand.bias"]).permute(0, 3, 1, 2)
        y = x * gate
        return y * torch.sigmoid(module.get_submodule("spatial")(y))

    agree(module, plain, example(2, 16))

"""Global attention mechanism against its formula."""

import torch
from torch import Tensor
from torch.nn import functional

from attention.channel_spatial.gam import Gam

from ..oracles import agree, batch_norm, example, ours


def test_gam_is_its_formula() -> None:
    module = ours(lambda: Gam(16, kernel_size=3, start="paper")).eval()
    p = dict(module.state_dict())

    def plain(x: Tensor) -> Tensor:
        places = x.permute(0, 2, 3, 1)
        hidden = torch.relu(places @ p["reduce.weight"][:, :, 0, 0].T + p["reduce.bias"])
        gate = torch.sigmoid(hidden @ p["expand.weight"][:, :, 0, 0].T + p["expand.bias"]).permute(0, 3, 1, 2)
        y = x * gate
        low = functional.conv2d(y, p["spatial.0.weight"], padding=1)
        low = torch.relu(batch_norm(low, p, "spatial.1", training=False))
        logits = functional.conv2d(low, p["spatial.3.weight"], padding=1)
        return y * torch.sigmoid(batch_norm(logits, p, "spatial.4", training=False))

    agree(module, plain, example(2, 16))

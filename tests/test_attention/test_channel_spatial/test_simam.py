"""SimAM against its closed form."""

import torch
from torch import Tensor

from attention.channel_spatial.simam import Simam

from ..oracles import agree, example


def test_simam_is_its_closed_form() -> None:
    def plain(x: Tensor) -> Tensor:
        d = (x - x.mean((2, 3), keepdim=True)).square()
        energy = d / (4 * (torch.var(x, (2, 3), keepdim=True) + 1e-3)) + 0.5
        return x / (1 + torch.exp(-energy))

    agree(Simam(32, penalty=1e-3), plain, example())

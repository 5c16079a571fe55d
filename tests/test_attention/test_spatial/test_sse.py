"""The spatial gate of scSE against its formula at each position."""

import torch

from attention.spatial.sse import Sse

from ..oracles import example, ours


def test_sse_scales_each_position_by_its_own_channels() -> None:
    module = ours(lambda: Sse(3, start="paper"))
    weight = module.get_parameter("squeeze.weight").detach().flatten()
    x = example(1, 3, 2, 2)
    y = module(x)
    for row in range(2):
        for column in range(2):
            gate = 1 / (1 + torch.exp(-(weight @ x[0, :, row, column])))
            torch.testing.assert_close(y[0, :, row, column], gate * x[0, :, row, column])

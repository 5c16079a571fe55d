"""Mixed local channel attention against its formula."""

import pytest
import torch
from torch import Tensor, nn

from attention.channel_spatial.mlca import Mlca

from ..oracles import agree, example, ours


@pytest.mark.parametrize("grid", [(7, 9), (10, 15), (3, 4)])
def test_mlca_is_its_formula(grid: tuple[int, int]) -> None:
    module = ours(lambda: Mlca(16, local=0.25))
    local, overall = (module.get_parameter(f"mix_{part}.weight") for part in ("local", "global"))

    def plain(x: Tensor) -> Tensor:
        cells = nn.functional.adaptive_avg_pool2d(x, (5, 5))
        by_cell = torch.stack(
            [
                nn.functional.conv1d(cells[:, :, i, j][:, None], local, padding=1)
                for i in range(5)
                for j in range(5)
            ],
            3,
        )
        gate = 0.25 * 2 * torch.sigmoid(by_cell[:, 0].reshape(2, 16, 5, 5))
        whole = nn.functional.conv1d(cells.mean((2, 3))[:, None], overall, padding=1)[:, 0]
        gate = gate + 0.75 * 2 * torch.sigmoid(whole)[..., None, None]
        return x * nn.functional.adaptive_avg_pool2d(gate, grid)

    agree(module, plain, example(2, 16, *grid))

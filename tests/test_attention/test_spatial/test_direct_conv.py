"""The direct convolution gate against sSE and its formula."""

import torch
from torch import Tensor, nn

from attention.spatial.direct_conv import DirectConv
from attention.spatial.sse import Sse

from ..oracles import agree, example, ours


def test_a_direct_convolution_with_kernel_size_one_is_sse() -> None:
    module = ours(lambda: DirectConv(32, kernel_size=1, bias=False))
    sse = Sse(32).double()
    sse.load_state_dict({"squeeze.weight": module.get_parameter("conv.weight")})
    agree(module, sse, example())


def test_a_direct_convolution_covers_all_channels_around_a_position() -> None:
    module = ours(lambda: DirectConv(3, kernel_size=3, start="paper"))
    weight, bias = (module.get_parameter(f"conv.{kind}") for kind in ("weight", "bias"))

    def plain(x: Tensor) -> Tensor:
        padded = nn.functional.pad(x, (1, 1, 1, 1))
        rows = [
            [(padded[:, :, i : i + 3, j : j + 3] * weight[0]).sum((1, 2, 3)) + bias for j in range(5)]
            for i in range(4)
        ]
        return x * torch.sigmoid(torch.stack([torch.stack(row, 1) for row in rows], 1)[:, None])

    agree(module, plain, example(2, 3, 4, 5))

"""Linear context transform against its formula."""

import torch
from torch import Tensor, nn

from attention.channel.lct import Lct

from ..oracles import agree, example, ours


def test_lct_is_its_formula() -> None:
    module = ours(lambda: Lct(32, groups=4))

    def plain(x: Tensor) -> Tensor:
        z = nn.functional.group_norm(x.mean((2, 3)), 4, eps=1e-5)
        return (
            x
            * 2
            * torch.sigmoid(module.get_parameter("weight") * z + module.get_parameter("bias"))[
                ..., None, None
            ]
        )

    agree(module, plain, example())

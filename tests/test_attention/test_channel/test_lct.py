"""Linear context transform against its formula."""

import pytest
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


@pytest.mark.parametrize("channels", [6, 4])
def test_groups_without_two_channels_each_are_refused(channels: int) -> None:
    with pytest.raises(ValueError, match=f"lct: 4 groups do not divide {channels} channels into at least 2"):
        Lct(channels)

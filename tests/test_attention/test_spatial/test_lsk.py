"""The large selective kernel against its formula."""

import torch
from torch import Tensor

from attention.spatial.lsk import Lsk

from ..oracles import agree, example, ours


def test_large_selective_kernel_is_its_formula() -> None:
    module = ours(lambda: Lsk(16))
    part = module.get_submodule

    def plain(x: Tensor) -> Tensor:
        near = part("near")(x)
        one, two = part("narrow_near")(near), part("narrow_far")(part("far")(near))
        both = torch.cat([one, two], 1)
        pools = torch.stack([both.mean(1), both.max(1).values], 1)
        w = torch.sigmoid(part("select")(pools))
        out: Tensor = x * part("out")(one * w[:, 0, None] + two * w[:, 1, None])
        return out

    agree(module, plain, example(2, 16))

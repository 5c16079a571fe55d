"""Efficient multi-scale attention against its formula."""

import torch
from torch import Tensor

from attention.channel_spatial.efficient_multi_scale import EfficientMultiScale

from ..oracles import agree, example, ours


def test_efficient_multi_scale_attention_is_its_formula() -> None:
    module = ours(lambda: EfficientMultiScale(16, groups=4))
    strip, wide, norm = (module.get_submodule(part) for part in ("strip", "wide", "norm"))
    amount = module.get_parameter("onset.amount")

    def plain(x: Tensor) -> Tensor:
        parts = []
        for g in torch.chunk(x, 4, 1):
            rows, columns = torch.sigmoid(strip(g.mean(3))), torch.sigmoid(strip(g.mean(2)))
            one = norm(g * rows[:, :, :, None] * columns[:, :, None, :])
            two = wide(g)
            logits = torch.einsum("bc,bchw->bhw", torch.softmax(one.mean((2, 3)), 1), two)
            logits = logits + torch.einsum("bc,bchw->bhw", torch.softmax(two.mean((2, 3)), 1), one)
            parts.append(g * (1 + amount * (torch.sigmoid(logits)[:, None] - 1)))
        return torch.cat(parts, 1)

    agree(module, plain, example(2, 16))

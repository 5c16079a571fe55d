"""Shuffle attention against its formula."""

import pytest
import torch
from torch import Tensor

from attention.channel_spatial.shuffle import Shuffle

from ..oracles import agree, example, ours


@pytest.mark.parametrize("shuffle", [False, True])
def test_shuffle_attention_is_its_formula(shuffle: bool) -> None:
    module = ours(lambda: Shuffle(16, groups=4, shuffle=shuffle, start="paper"))
    p = dict(module.named_parameters())

    def plain(x: Tensor) -> Tensor:
        parts = []
        for g in torch.chunk(x, 4, 1):
            a, b = g[:, :2], g[:, 2:]
            mean = a.mean((2, 3), keepdim=True)
            parts.append(a * torch.sigmoid(p["channel_weight"] * mean + p["channel_bias"]))
            normed = (b - b.mean((2, 3), keepdim=True)) / (
                b.var((2, 3), keepdim=True, correction=0) + 1e-5
            ).sqrt()
            normed = normed * p["norm_weight"][:, None, None] + p["norm_bias"][:, None, None]
            parts.append(b * torch.sigmoid(p["spatial_weight"] * normed + p["spatial_bias"]))
        y = torch.cat(parts, 1)
        return y[:, [i // 2 + 8 * (i % 2) for i in range(16)]] if shuffle else y

    agree(module, plain, example(2, 16))

"""Gather-excite against timm's and its formula."""

import pytest
import torch
from torch import Tensor, nn

from attention.channel.ge import GatherExcite

from ..oracles import agree, batch_norm, example, ours, reference


@pytest.mark.parametrize("extent", [0, 2, 4, 8])
def test_plain_gather_excite_is_timms(extent: int) -> None:
    theirs = reference("timm.layers.gather_excite").GatherExcite(32, extent=extent, use_mlp=False)
    agree(GatherExcite(32, extent=extent, gather="mean", excite="plain"), theirs, example(2, 32, 8, 16))


@pytest.mark.parametrize("gather", ["mean", "conv"])
def test_gather_excite_gathers_by_windows_and_repeats(gather: str) -> None:
    module = ours(lambda: GatherExcite(32, extent=4, gather=gather)).eval()
    p = dict(module.state_dict())

    def plain(x: Tensor) -> Tensor:
        if gather == "mean":
            padded, ones = (
                nn.functional.pad(x, (3, 3, 3, 3)),
                nn.functional.pad(torch.ones_like(x), (3, 3, 3, 3)),
            )
            windows = [padded[:, :, i : i + 7, j : j + 7] for i in range(0, 7, 4) for j in range(0, 9, 4)]
            counts = [ones[:, :, i : i + 7, j : j + 7] for i in range(0, 7, 4) for j in range(0, 9, 4)]
            means = [w.sum((2, 3)) / c.sum((2, 3)) for w, c in zip(windows, counts, strict=True)]
            gathered = torch.stack(means, 2).reshape(2, 32, 2, 3)
        else:
            low = nn.functional.conv2d(x, p["gather.0.weight"], stride=2, padding=1, groups=32)
            low = torch.relu(batch_norm(low, p, "gather.1", training=False))
            low = nn.functional.conv2d(low, p["gather.3.weight"], stride=2, padding=1, groups=32)
            gathered = batch_norm(low, p, "gather.4", training=False)
        hidden = torch.relu(nn.functional.conv2d(gathered, p["excite.0.weight"], p["excite.0.bias"]))
        gate = 2 * torch.sigmoid(nn.functional.conv2d(hidden, p["excite.2.weight"], p["excite.2.bias"]))
        return x * gate.repeat_interleave(4, 2).repeat_interleave(4, 3)[:, :, :7, :9]

    agree(module, plain, example())

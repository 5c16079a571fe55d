"""Pooled statistics and the adaptive kernel size."""

import pytest
import torch
from torch import nn

from attention.layers.pooling import adaptive_kernel_size, pool_channels, pool_logits

from ..oracles import example, reference

layers = reference("timm.layers")


@pytest.mark.parametrize(("channels", "size"), [(4, 3), (64, 3), (128, 5), (256, 5), (512, 5), (2048, 7)])
def test_the_adaptive_kernel_follows_the_papers_formula(channels: int, size: int) -> None:
    assert adaptive_kernel_size(channels, 2, 1) == size
    assert layers.EcaModule(channels).conv.kernel_size == (size,)


@pytest.mark.parametrize("pool", ["avg", "max", "both"])
def test_logits_are_those_of_the_pooled_positions(pool: str) -> None:
    mlp, x = nn.Linear(4, 4).double(), example(2, 4)
    values = x.detach().numpy()
    pooled = {"avg": values.mean((2, 3)), "max": values.max((2, 3))}
    expected = sum(
        mlp(torch.from_numpy(descriptor)) for name, descriptor in pooled.items() if pool in (name, "both")
    )
    torch.testing.assert_close(pool_logits(mlp, x, pool), torch.as_tensor(expected)[..., None, None])


@pytest.mark.parametrize(("pool", "channels"), [("avg", 1), ("max", 1), ("both", 2)])
def test_channel_pools_are_the_maximum_before_the_mean(pool: str, channels: int) -> None:
    x = torch.tensor([1.0, 5.0, 3.0]).reshape(1, 3, 1, 1)
    found = pool_channels(x, pool).flatten().tolist()
    assert found == {"avg": [3.0], "max": [5.0], "both": [5.0, 3.0]}[pool]
    assert len(found) == channels

"""The fused gates of scSE against autograd's own gradients, in one block and in several."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from attention.autograd.gate_fusion import add_gates, max_gates, max_outputs, pool_and_project

from ..oracles import agree, example

Fuse = Callable[[Tensor, Tensor, Tensor], Tensor]
FUSIONS: dict[str, tuple[Fuse, Fuse]] = {
    "add": (add_gates, lambda x, c, s: x * (c + s)),
    "max": (max_gates, lambda x, c, s: x * torch.maximum(c, s)),
    "max of outputs": (max_outputs, lambda x, c, s: torch.maximum(x * c, x * s)),
}


@pytest.mark.parametrize("fusion", FUSIONS)
@pytest.mark.parametrize("kernel_size", [1, 3])
@pytest.mark.parametrize("block_bytes", [1, 1 << 20])
def test_values_and_gradients_are_those_of_the_plain_form(
    fusion: str, kernel_size: int, block_bytes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("attention.autograd.cache_blocks.BLOCK_BYTES", block_bytes)
    ours, plain = FUSIONS[fusion]

    def fused(x: Tensor, weight: Tensor) -> Tensor:
        same, mean, logits = pool_and_project(x, weight)
        return ours(same, torch.sigmoid(mean)[..., None, None], torch.sigmoid(logits))

    def formula(x: Tensor, weight: Tensor) -> Tensor:
        logits = functional.conv2d(x, weight, padding=kernel_size // 2)
        return plain(x, torch.sigmoid(x.mean((2, 3)))[..., None, None], torch.sigmoid(logits))

    agree(fused, formula, example(3, 4), example(1, 4, kernel_size, kernel_size))


@pytest.mark.parametrize("fusion", ["max", "max of outputs"])
def test_equal_gates_share_the_gradient_as_in_torchs_maximum(fusion: str) -> None:
    ours, plain = FUSIONS[fusion]
    c, s = torch.full((2, 4, 1, 1), 0.5).double(), torch.full((2, 1, 7, 9), 0.5).double()
    s[0, 0, 0] = 0.75
    agree(ours, plain, example(2, 4), c, s)

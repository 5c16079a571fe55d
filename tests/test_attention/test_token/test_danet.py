"""Dual attention against its formula."""

import pytest
import torch
from torch import Tensor, nn

from attention.token.danet import Danet

from ..oracles import agree, example, ours


def flat(module: nn.Module, part: str, x: Tensor) -> Tensor:
    """A projection of a map, (B, D, N)."""
    y: Tensor = module.get_submodule(part)(x)
    return y.flatten(2)


@pytest.mark.parametrize("part", ["both", "position", "channel"])
@pytest.mark.parametrize("formula", ["code", "paper"])
def test_dual_attention_is_its_formula(part: str, formula: str) -> None:
    module = ours(lambda: Danet(16, part=part, channel_scores=formula))

    def plain(x: Tensor) -> Tensor:
        y = x
        if part != "channel":
            scores = torch.einsum("bdi,bdj->bij", flat(module, "query", x), flat(module, "key", x))
            seen = torch.einsum("bij,bdj->bdi", torch.softmax(scores, 2), flat(module, "value", x))
            y = y + module.get_parameter("alpha") * seen.reshape(x.shape)
        if part != "position":
            energy = torch.einsum("bci,bdi->bcd", x.flatten(2), x.flatten(2))
            energy = energy.amax(2, keepdim=True) - energy if formula == "code" else energy
            weights = torch.softmax(energy, 2)
            y = y + module.get_parameter("beta") * (weights @ x.flatten(2)).reshape(x.shape)
        return y

    agree(module, plain, example(2, 16, 4, 5))

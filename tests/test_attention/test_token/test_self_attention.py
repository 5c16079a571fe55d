"""Self-attention of SAGAN against its formula."""

import pytest
import torch
from torch import Tensor, nn

from attention.token.self_attention import SelfAttention

from ..oracles import agree, example, ours


def flat(module: nn.Module, part: str, x: Tensor) -> Tensor:
    """A projection of a map, (B, D, N)."""
    y: Tensor = module.get_submodule(part)(x)
    return y.flatten(2)


@pytest.mark.parametrize("activation", ["none", "relu", "sigmoid", "tanh"])
def test_self_attention_is_its_formula(activation: str) -> None:
    module = ours(lambda: SelfAttention(16, activation=activation))
    acts = {"none": lambda s: s, "relu": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}

    def plain(x: Tensor) -> Tensor:
        scores = torch.einsum("bdi,bdj->bij", flat(module, "query", x), flat(module, "key", x))
        y = torch.einsum("bij,bdj->bdi", torch.softmax(acts[activation](scores), 2), flat(module, "value", x))
        z: Tensor = x + module.get_parameter("gamma") * module.get_submodule("out")(y.reshape(2, -1, 4, 5))
        return z

    agree(module, plain, example(2, 16, 4, 5))

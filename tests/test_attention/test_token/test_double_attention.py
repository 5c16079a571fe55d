"""Double attention against its formula."""

import torch
from torch import Tensor, nn

from attention.token.double_attention import DoubleAttention

from ..oracles import agree, example, ours


def flat(module: nn.Module, part: str, x: Tensor) -> Tensor:
    """A projection of a map, (B, D, N)."""
    y: Tensor = module.get_submodule(part)(x)
    return y.flatten(2)


def test_double_attention_gathers_and_distributes() -> None:
    module = ours(lambda: DoubleAttention(16, descriptors=8))

    def plain(x: Tensor) -> Tensor:
        features = flat(module, "features", x)
        gather = torch.softmax(flat(module, "gather", x), 2)
        give = torch.softmax(flat(module, "distribute", x), 1)
        descriptors = torch.einsum("bmn,bkn->bmk", features, gather)
        mixed = torch.einsum("bmk,bkn->bmn", descriptors, give).reshape(2, -1, 4, 5)
        z: Tensor = x + module.get_submodule("out")(mixed)
        return z

    agree(module, plain, example(2, 16, 4, 5))

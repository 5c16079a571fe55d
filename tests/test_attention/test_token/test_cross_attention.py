"""Cross-attention between two maps against its formula."""

import torch
from torch import Tensor, nn

from attention.token.cross_attention import CrossAttention

from ..oracles import agree, example, ours


def flat(module: nn.Module, part: str, x: Tensor) -> Tensor:
    """A projection of a map, (B, D, N)."""
    y: Tensor = module.get_submodule(part)(x)
    return y.flatten(2)


def test_cross_attention_takes_a_context_of_another_width_and_size() -> None:
    module = ours(lambda: CrossAttention(16, 6))

    def plain(x: Tensor, context: Tensor) -> Tensor:
        q, k, v = (flat(module, part, t) for part, t in (("query", x), ("key", context), ("value", context)))
        weights = torch.softmax(torch.einsum("bdi,bdj->bij", q, k) / 8**0.5, 2)
        y = torch.einsum("bij,bdj->bdi", weights, v).reshape(2, -1, 4, 5)
        z: Tensor = x + module.get_submodule("out")(y)
        return z

    agree(module, plain, example(2, 16, 4, 5), example(2, 6, 3, 7))

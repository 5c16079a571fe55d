"""Polarized self-attention against its formula."""

import pytest
import torch
from torch import Tensor

from attention.channel_spatial.polarized import Polarized

from ..oracles import agree, example, ours


@pytest.mark.parametrize("order", ["parallel", "sequential"])
@pytest.mark.parametrize("start", ["identity", "paper"])
def test_polarized_attention_is_its_formula_in_the_papers_order(order: str, start: str) -> None:
    """Compute it as the paper does: project every position, then multiply; the module multiplies first."""
    module = ours(lambda: Polarized(16, order=order, start=start))
    scale = 2 if (order, start) == ("sequential", "identity") else 1

    def linear(part: str, x: Tensor) -> Tensor:
        return torch.einsum("oc,bcn->bon", module.get_parameter(f"{part}.weight"), x) + module.get_parameter(
            f"{part}.bias"
        ).reshape(-1, 1)

    def by_channel(x: Tensor) -> Tensor:
        query = torch.softmax(module.get_submodule("channel_query")(x).flatten(1), 1)
        z = (linear("channel_value", x.flatten(2)) * query[:, None]).sum(2)
        logits = module.get_submodule("norm")(module.get_submodule("channel_out")(z))
        return scale * torch.sigmoid(logits)[..., None, None]

    def by_place(x: Tensor) -> Tensor:
        query = torch.softmax(linear("spatial_query", x.flatten(2)).mean(2), 1)
        logits = (query[:, :, None] * linear("spatial_value", x.flatten(2))).sum(1)
        return scale * torch.sigmoid(logits).reshape(2, 1, 7, 9)

    def plain(x: Tensor) -> Tensor:
        if order == "parallel":
            return x * by_channel(x) + x * by_place(x)
        y = x * by_channel(x)
        return y * by_place(y)

    agree(module, plain, example(2, 16))

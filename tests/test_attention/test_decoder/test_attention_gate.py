"""The attention gate against its formula."""

import pytest
import torch
from torch import Tensor, nn

from attention.decoder.attention_gate import AttentionGate

from ..oracles import agree, example, ours


@pytest.mark.parametrize("below", [(3, 4), (4, 5), (1, 1), (9, 11)])
def test_the_attention_gate_is_its_formula_for_a_context_of_any_size(below: tuple[int, int]) -> None:
    module = ours(lambda: AttentionGate(16, 6))
    part = module.get_submodule

    def plain(x: Tensor, context: Tensor) -> Tensor:
        up = nn.functional.interpolate(part("of_context")(context), (7, 9), mode="bilinear")
        y: Tensor = x * 2 * torch.sigmoid(part("psi")(torch.relu(part("of_skip")(x) + up)))
        return y

    agree(module, plain, example(2, 16), example(2, 6, *below))

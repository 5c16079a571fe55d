"""Multi-head attention against torch's."""

import pytest
import torch
from torch import Tensor, nn

from attention.token.multi_head import MultiHead

from ..oracles import agree, example, ours


@pytest.mark.parametrize("position", ["none", "relative"])
def test_multi_head_attention_is_torchs(position: str) -> None:
    module = ours(lambda: MultiHead(16, heads=4, position=position))
    assert isinstance(module, MultiHead)
    theirs = nn.MultiheadAttention(16, 4, batch_first=True).double()
    state = {name: value.squeeze() for name, value in module.state_dict().items()}
    weights = [state[f"{part}.weight"] for part in ("query", "key", "value")]
    biases = [state["query.bias"], torch.zeros(32, dtype=torch.float64)]
    theirs.in_proj_weight.data, theirs.in_proj_bias.data = torch.cat(weights), torch.cat(biases)
    theirs.out_proj.weight.data, theirs.out_proj.bias.data = state["out.weight"], state["out.bias"]

    def plain(x: Tensor) -> Tensor:
        bias = torch.zeros(4, 20, 20, dtype=torch.float64)
        if module.bias is not None:
            for i in range(20):
                for j in range(20):
                    step = torch.tensor([i // 5 - j // 5, i % 5 - j % 5], dtype=torch.float64)
                    bias[:, i, j] = module.bias(step.sign() * torch.log2(1 + step.abs()) / 3)
        tokens_BNC = x.flatten(2).transpose(1, 2)
        y, _ = theirs(tokens_BNC, tokens_BNC, tokens_BNC, attn_mask=bias.repeat(2, 1, 1))
        z: Tensor = x + y.transpose(1, 2).reshape(x.shape)
        return z

    agree(module, plain, example(2, 16, 4, 5))


@pytest.mark.parametrize("heads", [8])
def test_heads_that_do_not_divide_the_channels_are_refused(heads: int) -> None:
    with pytest.raises(ValueError, match="multi_head: 8 heads do not divide 12 channels"):
        MultiHead(12, heads=heads)

"""External attention against its formula."""

import pytest
import torch
from torch import Tensor

from attention.token.external_attention import ExternalAttention

from ..oracles import agree, example, ours


@pytest.mark.parametrize("training", [False, True])
def test_external_attention_normalizes_twice(training: bool) -> None:
    module = ours(lambda: ExternalAttention(16, slots=16)).train(training)

    def plain(x: Tensor) -> Tensor:
        places = module.get_submodule("embed")(x).flatten(2).transpose(1, 2)
        weights = torch.softmax(places @ module.get_parameter("keys.weight")[:, :, 0, 0].T, 1)
        weights = weights / (1e-9 + weights.sum(2, keepdim=True))
        said = (
            (weights @ module.get_parameter("values.weight")[:, :, 0, 0].T).transpose(1, 2).reshape(x.shape)
        )
        z: Tensor = x + module.get_submodule("norm")(module.get_submodule("out")(said))
        return z

    agree(module, plain, example(2, 16, 4, 5))

"""Squeeze-and-excitation against timm's, torchvision's and its formula."""

import pytest
import torch
from torch import Tensor

from attention.channel.se import Se

from ..oracles import agree, copy_weights, example, ours, parameters_agree, reference

layers = reference("timm.layers")


FULLY = {
    "fc1.weight": "mlp.reduce.weight",
    "fc1.bias": "mlp.reduce.bias",
    "fc2.weight": "mlp.expand.weight",
    "fc2.bias": "mlp.expand.bias",
}


@pytest.mark.parametrize(("squash", "layer"), [("sigmoid", "sigmoid"), ("hard_sigmoid", "hard_sigmoid")])
def test_se_is_timms(squash: str, layer: str) -> None:
    module = ours(lambda: Se(32, reduction=4, squash=squash, start="paper"))
    theirs = copy_weights(module, layers.SEModule(32, rd_channels=8, gate_layer=layer), FULLY)
    agree(module, theirs, example())
    parameters_agree(module, theirs, FULLY, example())


def test_se_is_torchvisions() -> None:
    module = ours(lambda: Se(32, reduction=8, start="paper"))
    theirs = copy_weights(module, reference("torchvision").ops.SqueezeExcitation(32, 4), FULLY)
    agree(module, theirs, example())


def test_se_with_the_identity_start_is_twice_the_papers_gate() -> None:
    module = ours(lambda: Se(32))
    paper = Se(32, start="paper").double()
    paper.load_state_dict(module.state_dict())
    assert torch.equal(module(example()), 2 * paper(example()))


@pytest.mark.parametrize("pool", ["max", "both"])
def test_se_pools_by_maximum_too(pool: str) -> None:
    module = ours(lambda: Se(32, pool=pool, start="paper"))

    def plain(x: Tensor) -> Tensor:
        logits = module.get_submodule("mlp")(x.flatten(2).max(2).values)
        if pool == "both":
            logits = logits + module.get_submodule("mlp")(x.flatten(2).mean(2))
        return x * torch.sigmoid(logits).reshape(2, 32, 1, 1)

    agree(module, plain, example())

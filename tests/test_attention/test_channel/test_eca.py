"""Efficient channel attention against timm's."""

import pytest
import torch
from torch import nn

from attention.channel.eca import Eca

from ..oracles import agree, copy_weights, example, ours, parameters_agree, reference

layers = reference("timm.layers")


@pytest.mark.parametrize("kernel_size", [3, 5, 7, 9])
def test_eca_is_timms_at_each_kernel_size(kernel_size: int) -> None:
    names = {"conv.weight": "mix.weight"}
    module = ours(lambda: Eca(32, kernel_size=kernel_size, start="paper"))
    theirs = copy_weights(module, layers.EcaModule(kernel_size=kernel_size), names)
    agree(module, theirs, example())
    parameters_agree(module, theirs, names, example())


def test_circular_eca_is_timms() -> None:
    module = ours(lambda: Eca(32, kernel_size=5, padding="circular", start="paper"))
    names = {"conv.weight": "mix.weight"}
    agree(module, copy_weights(module, layers.CecaModule(kernel_size=5), names), example())


def test_eca_mixes_neighboring_channels_only() -> None:
    module = ours(lambda: Eca(8, kernel_size=3))
    x = torch.zeros(1, 8, 2, 2, dtype=torch.float64)
    x[:, 4] = 1
    gate = module(x + 1e-9)[0, :, 0, 0] / (x + 1e-9)[0, :, 0, 0]
    assert ((gate - 1).abs() > 1e-6).nonzero().flatten().tolist() == [3, 4, 5]


def test_circular_padding_wider_than_the_map_is_refused() -> None:
    with pytest.raises(ValueError, match="circular padding of 9 taps needs 4 channels"):
        Eca(2, kernel_size=9, padding="circular")


def test_eca_can_be_timms_attention_layer() -> None:
    model = reference("timm").create_model(
        "resnet10t", block_args={"attn_layer": lambda c, **_: Eca(c)}, num_classes=2
    )
    assert sum(isinstance(m, Eca) for m in model.modules()) == 4
    assert isinstance(model, nn.Module)

"""The controls of a gate's form against their formulas."""

import torch
from torch import nn

from attention.contracts.example_inputs import images
from attention.control.parameter_free import ParameterFree, ScaleOnly


def test_the_gate_without_parameters_is_the_sigmoid_of_the_mean() -> None:
    x = images(2, 8, (5, 5))
    torch.testing.assert_close(ParameterFree(8)(x), x / (1 + torch.exp(-x.mean((2, 3), keepdim=True))))


def test_scale_only_has_one_weight() -> None:
    module = ScaleOnly(8)
    assert [p.numel() for p in module.parameters()] == [1]
    nn.init.constant_(module.scale, 3.0)
    assert torch.equal(module(images(1, 8, (2, 2))), 3 * images(1, 8, (2, 2)))

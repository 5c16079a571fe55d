"""Gates from logits, and the initializations that make them identities."""

import math

import pytest
import torch
from torch import nn

from attention.layers.gating import LearnedBlend, gate_factor, one_init, zero_init

from ..oracles import example


@pytest.mark.parametrize(("start", "scale"), [("identity", 2.0), ("paper", 1.0)])
def test_the_gate_is_the_logistic_function_scaled_by_the_start(start: str, scale: float) -> None:
    gates = gate_factor(torch.tensor([-1.0, 0.0, 2.0], dtype=torch.float64), start).tolist()
    assert gates == pytest.approx([scale / (1 + math.exp(-z)) for z in (-1, 0, 2)])
    assert gates[1] == scale / 2


def test_the_hard_sigmoid_is_a_line_between_minus_three_and_three() -> None:
    gates = gate_factor(torch.tensor([-4.0, -1.5, 0.0, 3.0]), "paper", "hard_sigmoid").tolist()
    assert gates == pytest.approx([0, 0.25, 0.5, 1])


def test_zero_init_zeroes_all_parameters_for_an_identity_start_only() -> None:
    layer = nn.Conv2d(3, 2, 1)
    before = [parameter.detach().clone() for parameter in layer.parameters()]
    zero_init(layer, "paper")
    assert all(torch.equal(p, q) for p, q in zip(layer.parameters(), before, strict=True))
    zero_init(layer, "identity")
    assert not any(parameter.any() for parameter in layer.parameters())


def test_one_init_makes_a_convolution_return_one() -> None:
    layer = nn.Conv2d(3, 2, 1).double()
    one_init(layer, "paper")
    assert not torch.equal(layer(example(1, 3)), torch.ones(1, 2, 7, 9, dtype=torch.float64))
    one_init(layer, "identity")
    assert torch.equal(layer(example(1, 3)), torch.ones(1, 2, 7, 9, dtype=torch.float64))


def test_a_learned_blend_goes_from_one_to_the_gate() -> None:
    blend, gate = LearnedBlend("identity"), torch.tensor([0.2, 0.9])
    assert torch.equal(blend(gate), torch.ones(2))
    for amount in (0.25, 1.0):
        nn.init.constant_(blend.get_parameter("amount"), amount)
        torch.testing.assert_close(blend(gate), torch.tensor([1 - 0.8 * amount, 1 - 0.1 * amount]))
    assert torch.equal(LearnedBlend("paper")(gate), gate)
    assert list(LearnedBlend("paper").parameters()) == []

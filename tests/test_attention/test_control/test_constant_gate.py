"""The constant gate does not depend on its input."""

import torch

from attention.contracts.example_inputs import images, randomize
from attention.control.constant_gate import ConstantGate


def test_a_constant_gate_does_not_depend_on_the_input() -> None:
    module = randomize(ConstantGate(8))
    assert isinstance(module, ConstantGate)
    assert torch.equal(module.gate(images(2, 8, (3, 3))), module.gate(images(4, 8, (5, 5), seed=9)))
    assert torch.equal(module(images(2, 8, (3, 3))), images(2, 8, (3, 3)) * module.gate(images(1, 8, (1, 1))))

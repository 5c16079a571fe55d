"""The mean gate is the gate in training and its mean in evaluation."""

import torch

from attention.channel.se import Se
from attention.contracts.example_inputs import images, randomize
from attention.control.mean_gate import MeanGate


def test_a_mean_gate_is_the_gate_in_training_and_its_mean_in_evaluation() -> None:
    module = randomize(MeanGate(8))
    assert isinstance(module, MeanGate)
    x = images(4, 8, (5, 5))
    assert isinstance(module.inner, Se)
    real = x * module.inner.gate(x)
    torch.testing.assert_close(module.train()(x), real)
    for _ in range(2000):
        module(x)
    mean = (real / x).mean((0, 2, 3))
    other = images(2, 8, (3, 3), seed=9)
    torch.testing.assert_close(module.eval()(other), other * mean[:, None, None], rtol=1e-4, atol=1e-4)

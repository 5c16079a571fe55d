"""The frozen gate is a random gate that cannot learn."""

import pytest
import torch

from attention.contracts.example_inputs import fixed_seed, images
from attention.control.frozen_gate import FrozenGate


@pytest.mark.parametrize("of", ["se", "cbam", "scse"])
def test_a_frozen_gate_is_a_real_gate_that_cannot_learn(of: str) -> None:
    with fixed_seed(0):
        module = FrozenGate(8, of=of).eval()
    x = images(4, 8, (5, 5))
    assert not any(parameter.requires_grad for parameter in module.parameters())
    gates = module.gate(x).expand(x.shape)
    assert not torch.equal(gates[0], gates[1])
    assert float(gates.mean()) == pytest.approx(1, abs=0.25)


def test_a_frozen_gate_is_twice_the_sigmoid_of_its_random_perceptron() -> None:
    module, x = FrozenGate(8, of="se", min_hidden=4).eval(), images(4, 8, (5, 5))
    p = {name.removeprefix("inner.mlp."): tensor for name, tensor in module.state_dict().items()}
    hidden = torch.relu(x.mean((2, 3)) @ p["reduce.weight"].T + p["reduce.bias"])
    gate = 2 / (1 + torch.exp(-(hidden @ p["expand.weight"].T + p["expand.bias"])))
    torch.testing.assert_close(module(x), x * gate[..., None, None])

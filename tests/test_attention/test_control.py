"""Controls do what they control for."""

import pytest
import torch
from torch import nn

from attention.channel.se import Se
from attention.contracts.example_inputs import fixed_seed, images, randomize
from attention.control.constant_gate import ConstantGate
from attention.control.frozen_gate import FrozenGate
from attention.control.mean_gate import MeanGate
from attention.control.parameter_free import ParameterFree, ScaleOnly
from attention.control.shuffled_gate import ShuffledGate


def test_a_constant_gate_never_sees_the_input() -> None:
    module = randomize(ConstantGate(8))
    assert isinstance(module, ConstantGate)
    assert torch.equal(module.gate(images(2, 8, (3, 3))), module.gate(images(4, 8, (5, 5), seed=9)))
    assert torch.equal(module(images(2, 8, (3, 3))), images(2, 8, (3, 3)) * module.gate(images(1, 8, (1, 1))))


def test_a_shuffled_gate_gives_each_sample_its_neighbours_gate() -> None:
    module = randomize(ShuffledGate(8, of="cbam", kernel_size=3)).eval()
    inner = module.get_submodule("inner")
    x = images(3, 8, (4, 5))
    gates = inner(x) / x
    torch.testing.assert_close(module(x), x * gates[[2, 0, 1]])


def test_a_shuffled_gate_draws_no_random_numbers() -> None:
    state = torch.get_rng_state()
    ShuffledGate(8).train()(images(3, 8, (4, 5)))
    before = torch.get_rng_state()
    module = ShuffledGate(8).train()
    middle = torch.get_rng_state()
    module(images(3, 8, (4, 5)))
    assert torch.equal(middle, torch.get_rng_state())
    assert not torch.equal(state, before)


def test_a_shuffled_gate_in_a_batch_of_one_is_the_real_module() -> None:
    module = randomize(ShuffledGate(8)).eval()
    x = images(1, 8, (4, 5))
    assert torch.equal(module(x), module.get_submodule("inner")(x))


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


def test_the_gate_without_parameters_is_the_sigmoid_of_the_mean() -> None:
    x = images(2, 8, (5, 5))
    torch.testing.assert_close(ParameterFree(8)(x), x / (1 + torch.exp(-x.mean((2, 3), keepdim=True))))


def test_scale_only_has_one_weight() -> None:
    module = ScaleOnly(8)
    assert [p.numel() for p in module.parameters()] == [1]
    nn.init.constant_(module.scale, 3.0)
    assert torch.equal(module(images(1, 8, (2, 2))), 3 * images(1, 8, (2, 2)))

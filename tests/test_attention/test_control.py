"""Controls do what they control for."""

import torch

from attention.contracts import images, randomised
from attention.control.constant_gate import ConstantGate
from attention.control.shuffled_gate import ShuffledGate


def test_a_constant_gate_never_sees_the_input() -> None:
    module = randomised(ConstantGate(8))
    assert isinstance(module, ConstantGate)
    assert torch.equal(module.gate(images(2, 8, (3, 3))), module.gate(images(4, 8, (5, 5), seed=9)))
    assert torch.equal(module(images(2, 8, (3, 3))), images(2, 8, (3, 3)) * module.gate(images(1, 8, (1, 1))))


def test_a_shuffled_gate_gives_each_sample_its_neighbours_gate() -> None:
    module = randomised(ShuffledGate(8, of="cbam", kernel_size=3)).eval()
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
    module = randomised(ShuffledGate(8)).eval()
    x = images(1, 8, (4, 5))
    assert torch.equal(module(x), module.get_submodule("inner")(x))

"""The shuffled gate is the neighbor's gate."""

import torch

from attention.contracts.example_inputs import images, randomize
from attention.control.shuffled_gate import ShuffledGate


def test_a_shuffled_gate_gives_each_sample_its_neighbors_gate() -> None:
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

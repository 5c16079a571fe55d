"""The cost of a network, against counting by hand."""

import torch
from torch import nn

from experiments.models.cost import measure_cost


def test_multiply_adds_of_convolutions_and_products_are_those_of_the_textbook() -> None:
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.Flatten(), nn.Linear(8 * 5 * 6, 4)
    )
    found = measure_cost(network, torch.zeros(1, 3, 5, 6))
    assert found.macs == 8 * 3 * 9 * 5 * 6 + 8 * 5 * 6 * 4
    assert found.parameters == (8 * 3 * 9 + 8) + 16 + (8 * 5 * 6 * 4 + 4)


def test_attention_that_the_cpu_would_count_as_nothing_is_counted() -> None:
    class Attention(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return nn.functional.scaled_dot_product_attention(x, x, x)

    assert measure_cost(Attention(), torch.zeros(1, 2, 7, 8)).macs == 2 * 2 * 7 * 7 * 8


def test_measuring_changes_nothing() -> None:
    network = nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)).train()
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    measure_cost(network, torch.zeros(1, 3, 4, 4))
    assert network.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())
    assert next(network.parameters()).device.type == "cpu"


def test_a_network_that_cannot_be_copied_has_no_multiply_adds_but_a_reason() -> None:
    network = nn.Conv2d(3, 4, 1)
    network.kept = torch.ones(1, requires_grad=True) * 2
    found = measure_cost(network, torch.zeros(1, 3, 4, 4))
    assert (found.parameters, found.macs) == (16, None)
    assert found.reason.startswith("RuntimeError: Only Tensors created explicitly by the user")


def test_frozen_parameters_are_not_trainable_ones() -> None:
    network = nn.Linear(3, 4)
    network.bias.requires_grad_(False)
    assert measure_cost(network, torch.zeros(1, 3)).parameters == 12

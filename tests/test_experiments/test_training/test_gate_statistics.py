"""Statistics of gates, against gates whose values are known."""

import pytest
import torch
from torch import Tensor, nn

import attention
from attention import CATALOG
from attention.contracts.example_inputs import inputs
from experiments.training.gate_statistics import fix_gates_at_mean, read_gates


class Plugged(nn.Module):
    """A network that is one convolution and one plug."""

    def __init__(self, plug: nn.Module) -> None:
        super().__init__()
        self.plugs = nn.ModuleDict({"here": plug})

    def forward(self, *maps: Tensor) -> Tensor:
        out: Tensor = self.plugs["here"](*maps)
        return out


class Known(nn.Module):
    """A gate of two channels: sigmoid of the first pixel, and 0.25."""

    def gate(self, x: Tensor) -> Tensor:
        first = x[:, :1, :1, :1].sigmoid()
        return torch.cat([first, torch.full_like(first, 0.25)], 1)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.gate(x)


def maps(*, count: int = 16, channels: int = 2) -> Tensor:
    return torch.randn(count, channels, 5, 4, generator=torch.Generator().manual_seed(3))


@torch.no_grad()
def test_a_known_gate_is_read_as_the_textbook_says() -> None:
    x = maps()
    network = Plugged(Known())
    reading = read_gates(network, lambda: network(x))["here"]
    first = x[:, 0, 0, 0].sigmoid()
    whole = torch.stack([first, torch.full_like(first, 0.25)])
    assert reading.statistics is not None
    assert reading.statistics["mean"] == pytest.approx(float(whole.mean()))
    assert reading.statistics["sd"] == pytest.approx(float(whole.std(correction=0)))
    assert reading.statistics["input_share"] == pytest.approx(
        float(whole.var(1, correction=0).mean() / whole.var(correction=0))
    )
    assert reading.statistics["saturated"] == 0.0
    assert reading.map is not None
    assert reading.map[:, 0, 0].tolist() == pytest.approx(((first + 0.25) / 2).half().tolist())
    assert not reading.constant


@torch.no_grad()
def test_a_sigmoid_far_from_zero_is_saturated() -> None:
    x = maps().sign() * 10
    network = Plugged(Known())
    assert read_gates(network, lambda: network(x))["here"].statistics["saturated"] == 1.0  # type: ignore[index]


@torch.no_grad()
@pytest.mark.parametrize("name", ["constant_gate", "scale_only", "mean_gate"])
def test_a_gate_that_is_blind_in_evaluation_is_called_constant_and_nothing_relies_on_its_input(
    name: str,
) -> None:
    network = Plugged(attention.build(name, 2)).eval()
    x = maps()
    reading = read_gates(network, lambda: network(x))
    assert reading["here"].constant
    assert reading["here"].statistics["input_share"] == 0.0  # type: ignore[index]
    with fix_gates_at_mean(network, reading):
        assert torch.allclose(network(x), network.plugs["here"](x))


@torch.no_grad()
def test_a_replaced_gate_gives_its_mean_to_every_image_and_is_itself_again_afterwards() -> None:
    network, x = Plugged(Known()), maps()
    before = network(x)
    reading = read_gates(network, lambda: network(x))
    with fix_gates_at_mean(network, reading):
        expected = x * torch.tensor([float(x[:, 0, 0, 0].sigmoid().mean()), 0.25]).view(1, 2, 1, 1)
        assert torch.allclose(network(x), expected)
    assert torch.equal(network(x), before)
    assert not network.plugs["here"]._forward_hooks


@torch.no_grad()
def test_what_a_residual_module_adds_is_replaced_by_its_mean() -> None:
    class Adds(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + x[:, :1, :1, :1]

    network, x = Plugged(Adds()), maps()
    reading = read_gates(network, lambda: network(x))
    assert reading["here"].statistics is None
    assert not reading["here"].constant
    with fix_gates_at_mean(network, reading):
        assert torch.allclose(network(x), x + x[:, 0, 0, 0].mean(), atol=1e-6)


@torch.no_grad()
@pytest.mark.parametrize("name", CATALOG)
def test_every_module_can_be_read_and_replaced(name: str) -> None:
    network = Plugged(attention.build(name, 16)).eval()
    given = inputs(CATALOG[name], maps(count=3, channels=16))
    reading = read_gates(network, lambda: network(*given))
    gated = hasattr(CATALOG[name].make, "gate")
    assert (reading["here"].statistics is not None) == gated
    with fix_gates_at_mean(network, reading):
        assert network(*given).shape == given[0].shape


def test_a_network_without_plugs_has_no_readings() -> None:
    assert read_gates(nn.Identity(), lambda: None) == {}

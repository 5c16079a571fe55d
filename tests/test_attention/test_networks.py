"""The two small networks take any image, return logits, and have their gates where they say."""

import pytest
import torch
from torch import nn

from attention import build, plug, sites
from attention.contracts.example_inputs import images, randomize
from attention.networks import NETWORKS, GatedNet
from attention.spatial.direct_conv import DirectConv


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("grid", [(32, 32), (28, 31), (5, 9), (1, 1)])
def test_any_image_gives_logits(name: str, grid: tuple[int, int]) -> None:
    network = NETWORKS[name](7, in_chans=1, width=8).eval()
    logits = network(images(2, 1, grid))
    assert logits.shape == (2, 7)
    assert not torch.allclose(logits.exp().sum(1), torch.ones(2))


@pytest.mark.parametrize(
    ("name", "widths"), [("spatial_attention_net", [16, 64]), ("behavior_net", [32, 32])]
)
def test_the_gates_are_spatial_ones_and_can_be_swapped(name: str, widths: list[int]) -> None:
    given: list[int] = []

    def gate(channels: int) -> nn.Module:
        given.append(channels)
        return build("se", channels)

    assert isinstance(NETWORKS[name](7, width=8).gate1, DirectConv)
    NETWORKS[name](7, width=8, gate=gate)
    assert given == widths


@pytest.mark.parametrize("name", NETWORKS)
def test_an_empty_network_takes_plugs_at_its_stages(name: str) -> None:
    network = NETWORKS[name](7, width=8, gate=None).eval()
    x = images(1, 3, (32, 32))
    found = sites(network, "stage", example=x)
    assert [site.name for site in found] == ["gate1", "gate2"]
    before = network(x)
    plug(network, found, lambda site: build("cbam", site.channels))
    assert torch.equal(network(x), before)
    randomize(network.get_submodule("plugs"))
    assert not torch.equal(network(x), before)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_stages_are_as_much_smaller_as_they_say(name: str) -> None:
    network = NETWORKS[name](7, width=8, gate=None)
    found = sites(network, "stage", example=images(1, 3, (64, 64)))
    assert [64 // site.grid[0] for site in found] == [row["reduction"] for row in network.feature_info]


def test_the_gates_come_after_the_third_and_the_sixth_convolution() -> None:
    network = NETWORKS["spatial_attention_net"](7)
    assert isinstance(network, GatedNet)
    counts = [
        sum(isinstance(m, nn.Conv2d) for m in part.modules()) for part in (network.first, network.second)
    ]
    assert counts == [3, 3]

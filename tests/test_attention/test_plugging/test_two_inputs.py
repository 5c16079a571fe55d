"""Two-input modules at stages: which second map they receive, and that the model can be copied and compiled."""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attention import Site, find, plug, sites, unplug
from attention.contracts.example_inputs import fixed_seed, images, randomize

from ..oracles import copy_model, reference

timm = reference("timm")


SIZES = {
    "test_resnet": 64,
    "mambaout_femto": 64,
    "test_vit": 160,
    "hiera_tiny_224": 224,
    "crossvit_9_240": 240,
}


def model_of(name: str) -> tuple[Any, Tensor]:
    with fixed_seed(0):
        model: Any = timm.create_model(name, num_classes=5).eval()
    randomize(model.get_classifier())  # hiera's starts at zero: behind it nothing is seen
    return model, images(2, 3, (SIZES[name], SIZES[name]))


def cross(site: Site) -> nn.Module:
    assert site.second is not None
    make: Any = find("cross_attention").make
    module: nn.Module = make(site.channels, site.second.layout.channels)
    return module


def plugged(name: str) -> tuple[Any, Tensor]:
    model, x = model_of(name)
    places = [site for site in sites(model, "stage", example=x[:1]) if site.second]
    plug(model, places, cross)
    randomize(model.plugs)
    return model, x


class Both(nn.Module):
    """Keeps both maps; gives back the negative of the first."""

    def forward(self, x_BCHW: Tensor, second_BCHW: Tensor) -> Tensor:
        self.seen = x_BCHW.clone(), second_BCHW.clone()
        return -x_BCHW


@pytest.mark.parametrize("name", [name for name in SIZES if name != "crossvit_9_240"])
def test_the_second_map_of_a_stage_is_the_stage_before_it_as_plugged(name: str) -> None:
    model, x = model_of(name)
    places = sites(model, "stage", example=x[:1])
    assert [site.second and site.second.name for site in places] == [
        None,
        *(site.name for site in places[:-1]),
    ]
    gates = dict(zip([site.name for site in places[1:3]], (Both(), Both()), strict=True))
    with torch.no_grad():
        plug(model, places[1:3], lambda site: gates[site.name])
        model(x)
    earlier, later = gates.values()
    unplug(model)
    assert torch.equal(later.seen[1], -earlier.seen[0])
    assert earlier.seen[1].shape[1] == places[0].channels
    assert not any(module._forward_hooks for module in model.modules())


def test_the_second_map_of_a_branch_is_the_other_branch() -> None:
    model, x = model_of("crossvit_9_240")
    places = sites(model, "stage", example=x[:1])
    names = [site.name for site in places if site.path == "blocks.1"]
    assert names == ["blocks.1[0]", "blocks.1[1]"]
    gates = [Both(), Both()]
    left = iter(gates)
    with torch.no_grad():
        plug(model, [site for site in places if site.path == "blocks.1"], lambda site: next(left))
        model(x)
    assert torch.equal(gates[0].seen[0], gates[1].seen[1])
    assert torch.equal(gates[1].seen[0], gates[0].seen[1])


@pytest.mark.parametrize("name", SIZES)
def test_fresh_cross_attention_changes_no_bit_and_random_one_does(name: str) -> None:
    model, x = model_of(name)
    with torch.no_grad():
        before = model(x)
        plug(model, [site for site in sites(model, "stage", example=x[:1]) if site.second], cross)
        fresh_module = model(x)
        randomize(model.plugs)
        after = model(x)
    assert torch.equal(fresh_module, before)
    assert not torch.equal(after, before)


@pytest.mark.parametrize("copier", ["deepcopy", "pickle"])
@pytest.mark.parametrize("name", SIZES)
def test_a_copy_taken_between_forward_and_backward_is_whole_and_its_own(name: str, copier: str) -> None:
    model, x = plugged(name)
    before = model(x)
    other = copy_model(copier, model)
    with torch.no_grad():
        assert torch.equal(other(x), before)
        randomize(other.plugs, seed=8)
        assert not torch.equal(other(x), before)
        assert torch.equal(model(x), before)


@pytest.mark.parametrize("name", ["test_resnet", "mambaout_femto", "test_vit", "hiera_tiny_224"])
def test_checkpointing_gives_the_same_gradients(name: str) -> None:
    model, x = plugged(name)
    found = []
    for on in (False, True):
        model.zero_grad()
        model.set_grad_checkpointing(on)
        model(x).square().sum().backward()
        found.append({key: p.grad.clone() for key, p in model.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys()
    for key, gradient in found[0].items():
        torch.testing.assert_close(found[1][key], gradient, msg=key)


@pytest.mark.slow
@pytest.mark.parametrize("name", SIZES)
def test_it_compiles_and_exports(name: str) -> None:
    torch.compiler.reset()
    model, x = plugged(name)
    with torch.no_grad():
        wanted = model(x)
        compiled: Any = torch.compile(model, backend="eager")
        torch.testing.assert_close(compiled(x), wanted, atol=1e-4, rtol=1e-4)
        exported: Any = torch.export.export(model, (x,)).module()
        torch.testing.assert_close(exported(x), wanted, atol=1e-4, rtol=1e-4)


def test_a_two_input_module_at_a_site_with_one_map_is_rejected() -> None:
    model, x = model_of("test_resnet")
    with pytest.raises(ValueError, match=r"site layer1\.0\.\S+: Both takes two maps, but this site has one"):
        plug(model, sites(model, "block@1", example=x[:1])[:1], lambda site: Both())
    assert not hasattr(model, "plugs")


def test_sites_of_another_model_leave_the_model_unchanged() -> None:
    model, x = model_of("test_resnet")
    other, y = model_of("test_vit")
    with pytest.raises(
        ValueError, match=r"ResNet has no module blocks\.0: the sites belong to another model"
    ):
        plug(model, sites(other, "stage", example=y[:1])[:1], lambda site: nn.Identity())
    assert not hasattr(model, "plugs")
    assert sites(model, "stage", example=x[:1])


def test_a_module_that_changes_a_maps_size_is_rejected() -> None:
    model, x = model_of("test_vit")
    plug(model, sites(model, "stage@1", example=x[:1]), lambda site: nn.AvgPool2d(2))
    with pytest.raises(
        ValueError, match=r"AvgPool2d returns shape \(2, 64, 5, 5\) for a map of shape \(2, 64, 10, 10\)"
    ):
        model(x)

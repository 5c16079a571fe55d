"""Sites are named by kind and stage or by a pattern; misspelled ones are answered with what would be right."""

import copy

import pytest
import torch
from torch import nn

from attention import Site, sites
from attention.plugging.layouts import Layout

from ..oracles import reference
from .models import backbone, photo

timm = reference("timm")


def test_finding_sites_changes_neither_weights_nor_modes_nor_random_numbers() -> None:
    model = backbone().train()
    model.get_submodule("layer1").eval()
    modes, state = [m.training for m in model.modules()], copy.deepcopy(model.state_dict())
    random = torch.get_rng_state()
    sites(model, "block", example=photo())
    assert [m.training for m in model.modules()] == modes
    assert all(torch.equal(value, state[key]) for key, value in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in model.modules())


@pytest.mark.parametrize(
    ("where", "why"),
    [
        ("blok", r"no site 'blok'; did you mean 'block'\?"),
        ("block@0", "after @ write stage numbers from 1, such as block@1,2"),
        ("block@", "after @ write stage numbers"),
        ("stage@7", "ResNet has no stage at stage 7; it has them at 1, 2, 3, 4"),
        ("skip", "ResNet has no encoder and decoder"),
    ],
)
def test_a_misspelled_or_absent_site_is_rejected(where: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        sites(backbone(), where, example=photo())


def test_a_model_without_residual_branches_has_no_block() -> None:
    with pytest.raises(ValueError, match="Sequential has no block; it has none"):
        sites(nn.Sequential(nn.Conv2d(3, 3, 3)), "block", example=photo())


def test_a_pattern_names_submodules() -> None:
    model = backbone("resnet18")
    found = sites(model, "layer[34].*", example=photo())
    assert [site.name for site in found] == ["layer3.0", "layer3.1", "layer4.0", "layer4.1"]
    assert [site.name for site in sites(model, "layer*.1.conv2", example=photo())][-1] == "layer4.1.conv2"
    with pytest.raises(
        ValueError, match=r"site 'layer9\.\*': ResNet has no module of this name that returns a map"
    ):
        sites(model, "layer9.*", example=photo())


def test_a_site_knows_its_module_call_entry_and_layout() -> None:
    site = Site("a.b#2[1]", "stage", 1, 8, (4, 5), "BNC", 1)
    assert (site.path, site.call, site.entry) == ("a.b", 1, 1)
    assert site.view == Layout("BNC", 8, (4, 5), 1)
    assert Site("a.b", "stage", 1, 8, (4, 5)).call is None

"""Plugs start as identities, keep every parameter name, receive gradients, and can be removed."""

import copy
import io
from typing import Any, cast

import pytest
import torch

from attention import build, find, plug, sites, unplug
from attention.contracts.example_inputs import randomize

from ..oracles import reference
from .models import backbone, cbam, photo

timm = reference("timm")


@pytest.mark.parametrize("where", ["block", "stage", "block@1,2", "stage@4"])
@pytest.mark.parametrize("module", ["cbam", "scse", "non_local"])
def test_fresh_plugs_change_no_bit_and_no_name(where: str, module: str) -> None:
    model = backbone("resnet18")
    before, keys = model(photo()), list(model.state_dict())
    places = sites(model, where, example=photo())
    assert plug(model, places, lambda site: build(module, site.channels)) == [site.name for site in places]
    assert torch.equal(model(photo()), before)
    assert [key for key in model.state_dict() if not key.startswith("plugs.")] == keys
    assert len(model.get_submodule("plugs").state_dict()) > 0


@pytest.mark.parametrize("where", ["block", "stage"])
def test_every_plug_changes_the_output_and_gets_gradients(where: str) -> None:
    model = backbone("resnet10t")
    before = model(photo())
    places = sites(model, where, example=photo())
    plug(model, places, cbam)
    randomize(model.get_submodule("plugs"))
    after = model(photo())
    assert not torch.equal(after, before)
    after.square().sum().backward()
    for name, parameter in model.get_submodule("plugs").named_parameters():
        assert parameter.grad is not None, name
        assert float(parameter.grad.abs().max()) > 0, name


@pytest.mark.parametrize("copier", ["deepcopy", "pickle"])
def test_a_plugged_model_can_be_copied_and_the_copy_is_its_own(copier: str) -> None:
    model = backbone()
    plug(model, sites(model, "block", example=photo()), cbam)
    randomize(model.get_submodule("plugs"))
    if copier == "deepcopy":
        other = copy.deepcopy(model)
    else:
        buffer = io.BytesIO()
        torch.save(model, buffer)
        buffer.seek(0)
        other = torch.load(buffer, weights_only=False)
    wanted = model(photo())
    assert torch.equal(other(photo()), wanted)
    randomize(other.get_submodule("plugs"), seed=8)
    assert not torch.equal(other(photo()), wanted)
    assert torch.equal(model(photo()), wanted)


def test_a_plugged_model_compiles_into_one_graph() -> None:
    torch.compiler.reset()
    model = backbone()
    plug(model, sites(model, "block", example=photo()), cbam)
    randomize(model.get_submodule("plugs"))
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    assert torch.allclose(compiled(photo()), model(photo()), atol=1e-5)


def test_unplugging_gives_the_model_back() -> None:
    model = backbone()
    before, keys = model(photo()), list(model.state_dict())
    plug(model, sites(model, "block", example=photo()), cbam)
    randomize(model.get_submodule("plugs"))
    unplug(model)
    assert torch.equal(model(photo()), before)
    assert list(model.state_dict()) == keys
    assert not any(module._forward_hooks for module in model.modules())


def test_channels_last_models_stay_channels_last() -> None:
    model = cast(Any, backbone("resnet10t")).to(memory_format=torch.channels_last)
    plug(model, sites(model, "block", example=photo()), cbam)
    seen: list[bool] = []
    model.get_submodule("layer4").register_forward_hook(
        lambda m, args, out: seen.append(out.is_contiguous(memory_format=torch.channels_last))
    )
    model(photo().contiguous(memory_format=torch.channels_last))
    assert seen == [True]


def test_plugging_nothing_or_twice_or_a_wrong_module_is_rejected() -> None:
    model = backbone()
    places = sites(model, "stage", example=photo())
    with pytest.raises(ValueError, match="no sites given"):
        plug(model, [], cbam)
    with pytest.raises(ValueError, match="a site appears twice"):
        plug(model, [places[0], places[0]], cbam)
    with pytest.raises(ValueError, match=r"site layer1 \(32 channels\): se: no option 'k'"):
        plug(model, places, lambda site: build("se", site.channels, k=1))
    assert not hasattr(model, "plugs")
    plug(model, places, cbam)
    with pytest.raises(ValueError, match="plugged already"):
        plug(model, places, cbam)


def test_unplugging_a_model_without_plugs_is_rejected() -> None:
    with pytest.raises(ValueError, match="not plugged"):
        unplug(backbone())


def test_plugs_follow_the_models_mode() -> None:
    model = backbone().eval()
    plug(model, sites(model, "stage", example=photo()), cbam)
    assert not any(module.training for module in model.modules())
    assert find("cbam").identity == "exact"

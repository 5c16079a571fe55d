"""A model's own attention, its replaceable convolutions, and models that are rejected."""

import pytest
import torch
from torch import nn

from attention import plug, sites, strip, unplug
from attention.contracts.example_inputs import fixed_seed, images

from ..oracles import reference

timm = reference("timm")


@pytest.mark.parametrize("name", ["repvgg_a0", "repghostnet_050", "efficientvim_m1", "repvit_m0_9"])
def test_a_model_fused_for_inference_is_refused(name: str) -> None:
    with fixed_seed(0):
        model = timm.create_model(name, num_classes=5).eval()
    fused = timm.utils.reparameterize_model(model)
    with pytest.raises(ValueError, match="is fused for inference, which merges the branches"):
        sites(fused, "block", example=images(1, 3, (224, 224)))


def test_own_attention_can_be_stripped() -> None:
    model = timm.create_model("seresnext26d_32x4d", num_classes=5)
    assert len(strip(model)) == 8
    assert strip(model) == []


timm = reference("timm")


def test_a_model_that_drops_tokens_is_rejected() -> None:
    model = timm.create_model("test_vit", patch_drop_rate=0.25)
    with pytest.raises(ValueError, match="patch_drop drops tokens in training"):
        sites(model, "stage", example=images(1, 3, (160, 160)))


def test_a_stripped_module_is_an_identity_and_its_paths_are_returned() -> None:
    model = timm.create_model("seresnext26d_32x4d", num_classes=5)
    paths = strip(model)
    assert paths[0] == "layer1.0.se"
    assert all(type(model.get_submodule(path)) is nn.Identity for path in paths)


def test_native_sites_are_the_models_own_gates() -> None:
    model = timm.create_model("seresnext26d_32x4d", num_classes=5).eval()
    found = sites(model, "native", example=images(1, 3, (64, 64)))
    assert [site.name for site in found] == [f"layer{i}.{j}.se" for i in (1, 2, 3, 4) for j in (0, 1)]
    assert all(site.replaces_module for site in found)


def test_conv_sites_are_the_convolutions_that_keep_size_and_channels() -> None:
    model = timm.create_model("resnet18", num_classes=5).eval()
    found = [site.name for site in sites(model, "conv", example=images(1, 3, (64, 64)))]
    expected = [
        name
        for name, module in model.named_modules()
        if isinstance(module, nn.Conv2d) and module.kernel_size == (3, 3) and module.stride == (1, 1)
    ]
    assert found == expected
    assert len(found) == 13


def test_a_plug_at_a_conv_site_replaces_the_convolution_until_it_is_removed() -> None:
    model, x = timm.create_model("resnet18", num_classes=5).eval(), images(1, 3, (64, 64))
    site = sites(model, "conv", example=x)[0]
    convolution, before = model.get_submodule(site.path), model(x)
    copy = nn.Conv2d(site.channels, site.channels, 3, padding=1, bias=False)
    copy.load_state_dict(convolution.state_dict())
    plug(model, [site], lambda site: copy)
    assert type(model.get_submodule(site.path)) is nn.Identity
    torch.testing.assert_close(model(x), before)
    unplug(model)
    assert model.get_submodule(site.path) is convolution

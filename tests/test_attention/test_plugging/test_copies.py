"""A plugged model is copied, pickled, compiled, exported, checkpointed and asked for features, in every layout."""

from collections.abc import Callable
from typing import Any, cast

import pytest
import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from attention import Site, build, plug, sites
from attention.contracts.example_inputs import fixed_seed, images, randomize
from tests.test_attention.oracles import copy_model, reference

timm = reference("timm")

LAYOUTS = {
    "NCHW": ("test_resnet", 64, "block"),
    "NHWC": ("mambaout_femto", 64, "stage"),
    "tokens with a prefix": ("test_vit", 160, "block"),
    "tuples": ("efficientvim_m1", 224, "stage"),
    "tuples of tokens": ("mvitv2_tiny", 224, "stage"),
    "tuples with a prefix": ("pit_ti_distilled_224", 224, "stage@1,2"),
    "shared slots": ("mixer_s32_224", 224, "block"),
    "windows": ("hiera_tiny_224", 224, "stage"),
    "nested": ("nest_tiny", 224, "block@3"),
}


def gate(site: Site) -> nn.Module:
    return build("cbam", site.channels)


def photo(size: int) -> Tensor:
    return images(2, 3, (size, size))


def plugged(layout: str) -> tuple[Any, Tensor]:
    """A model whose plugs do something, in evaluation mode, and an image."""
    name, size, where = LAYOUTS[layout]
    with fixed_seed(0):
        model = timm.create_model(name, num_classes=5).eval()
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            randomize(module)
    plug(model, sites(model, where, example=photo(size)[:1]), gate)
    randomize(model.get_submodule("plugs"))
    return model, photo(size)


@pytest.mark.parametrize("copier", ["deepcopy", "pickle"])
@pytest.mark.parametrize("layout", LAYOUTS)
def test_copies_are_equal_and_their_own(layout: str, copier: str) -> None:
    model, x = plugged(layout)
    other = copy_model(copier, model)
    with torch.no_grad():
        before = model(x)
        assert torch.equal(other(x), before)
        randomize(other.get_submodule("plugs"), seed=8)
        assert torch.equal(model(x), before)


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_compiles(layout: str) -> None:
    torch.compiler.reset()
    model, x = plugged(layout)
    compiled: Any = torch.compile(model, backend="eager")
    with torch.no_grad():
        torch.testing.assert_close(compiled(x), model(x), atol=1e-4, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("layout", LAYOUTS)
def test_it_exports(layout: str) -> None:
    model, x = plugged(layout)
    with torch.no_grad():
        exported: Any = torch.export.export(model, (x,)).module()
        torch.testing.assert_close(exported(x), model(x), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize(
    "layout", [layout for layout in LAYOUTS if layout != "tuples"]
)  # its stages are dead
def test_gradient_checkpointing_gives_the_same_gradients(layout: str) -> None:
    model, x = plugged(layout)
    found = []
    for call in (model, checkpointed(model)):
        model.zero_grad()
        call(x).square().sum().backward()
        found.append({name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None})
    assert found[0].keys() == found[1].keys()
    assert any(name.startswith("plugs.") for name in found[0])
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient, msg=name)


def checkpointed(model: Any) -> Callable[[Tensor], Tensor]:
    """As timm checkpoints the model; where it does not, as torch does any function."""

    def call(x: Tensor) -> Tensor:
        try:
            model.set_grad_checkpointing(True)
        except AssertionError:
            return cast(Tensor, checkpoint(model, x, use_reentrant=False))
        return cast(Tensor, model(x))

    return call


@pytest.mark.parametrize("name", ["test_resnet", "mambaout_femto", "test_vit", "hiera_tiny_224"])
def test_features_include_the_plugs(name: str) -> None:
    size = {"test_vit": 160, "hiera_tiny_224": 224}.get(name, 64)
    with fixed_seed(0):
        model: nn.Module = timm.create_model(name, features_only=True).eval()
    with torch.no_grad():
        before = model(photo(size))
        places = sites(model, "stage", example=photo(size)[:1])
        plug(model, places, gate)
        fresh_module = model(photo(size))
        randomize(model.get_submodule("plugs"))
        after = model(photo(size))
    assert all(torch.equal(one, other) for one, other in zip(before, fresh_module, strict=True))
    assert not torch.equal(after[-1], before[-1])
    assert [one.shape for one in after] == [one.shape for one in before]
